// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/plan.hpp"

#include "compiler/ir/types.hpp"
#include "compiler/plan/kernel_facts.hpp"
#include "compiler/plan/order.hpp"
#include "compiler/plan/place.hpp"
#include "compiler/plan/place_variables.hpp"
#include "compiler/plan/precedence.hpp"
#include "kernels/isa/registry.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace tinyml::plan {
namespace {

/// Beyond this many buffers the tables of pairs would grow large for no net of this class.
constexpr std::size_t kMostBuffers = 2000;
/// The exact search is as deep as there are items; larger graphs keep the best first fit.
constexpr std::size_t kMostSearchedItems = 200;

/// All that make_plan knows while it works.
struct Draft {
  Buffers buffers;
  std::vector<Lifetime> lifetimes; ///< of buffers, then of scratch
  MemoryPlan plan;
};

Expected<void> check_sizes(const ir::Graph &graph, const Buffers &buffers) {
  if (buffers.list.size() > kMostBuffers) {
    return fail(ErrorCode::kUnsupported, "the graph has " + std::to_string(buffers.list.size()) +
                                             " tensors; the memory plan takes at most " +
                                             std::to_string(kMostBuffers));
  }
  std::uint64_t total = 0;
  for (const Buffer &buffer : buffers.list) {
    const ir::Value &value = graph.values[buffer.values.front()];
    if (const auto count = ir::checked_element_count(value.type.shape, value.type.element);
        !count) {
      return Failure{
          HostError{count.error().code, "tensor '" + value.name + "': " + count.error().message}};
    }
    total += buffer.size_bytes;
  }
  if (total > std::numeric_limits<std::uint32_t>::max()) {
    return fail(ErrorCode::kDoesNotFit, "the tensors need " + std::to_string(total) +
                                            " bytes; no device we build for addresses 4 GB");
  }
  return {};
}

void add_scratch(const ir::Graph &graph, const PlanOptions &options, Draft &draft) {
  for (std::uint32_t step = 0; options.scratch && step < draft.plan.order.size(); ++step) {
    const ir::NodeId node = draft.plan.order[step];
    const std::uint64_t bytes = scratch_bytes(graph, graph.nodes[node], draft.buffers.packing);
    if (bytes > 0) {
      draft.plan.scratch.push_back({node, 0, static_cast<std::uint32_t>(bytes)});
      draft.lifetimes.push_back({step, step});
    }
  }
}

bool dies_at(const Draft &draft, std::uint32_t buffer, std::uint32_t step) {
  return draft.lifetimes[buffer].last == step && !draft.buffers.list[buffer].is_graph_output;
}

/// Groups of items that share their start: outputs of operators that work in place or not at all,
/// and the inputs that die with them. By item, numbered from 0.
std::vector<std::size_t> find_groups(const ir::Graph &graph, const PlanOptions &options,
                                     const Draft &draft) {
  std::vector<std::size_t> first(draft.lifetimes.size());
  std::iota(first.begin(), first.end(), std::size_t{0});
  for (std::uint32_t step = 0; options.overlap && step < draft.plan.order.size(); ++step) {
    for (const Overlap &overlap : find_overlaps(graph, draft.buffers, draft.plan.order[step])) {
      if (overlap.only_in_place && dies_at(draft, overlap.input, step)) {
        std::replace(first.begin(), first.end(), first[overlap.output], first[overlap.input]);
      }
    }
  }
  std::vector<std::size_t> numbers(first.size(), first.size());
  std::size_t count = 0;
  for (std::size_t &item : first) {
    std::size_t &number = numbers[item];
    number = number == first.size() ? count++ : number;
    item = number;
  }
  return first;
}

/// The packing's tensor alignment is the one that was asked for.
PlacementProblem make_problem(const ir::Graph &graph, const PlanOptions &options,
                              const Draft &draft) {
  std::vector<Item> items;
  const auto alignment = static_cast<std::uint32_t>(draft.buffers.packing.tensor_alignment);
  for (const Buffer &buffer : draft.buffers.list) {
    items.push_back({buffer.size_bytes, std::max(buffer.element_bytes, alignment)});
  }
  for (const Scratch &scratch : draft.plan.scratch) {
    items.push_back({scratch.size_bytes, kArenaAlignment});
  }
  PlacementProblem problem(std::move(items));
  for (std::size_t a = 0; a < draft.lifetimes.size(); ++a) {
    for (std::size_t b = a + 1; b < draft.lifetimes.size(); ++b) {
      if (draft.lifetimes[a].meets(draft.lifetimes[b])) {
        problem.separate(a, b);
      }
    }
  }
  for (std::uint32_t step = 0; options.overlap && step < draft.plan.order.size(); ++step) {
    for (const Overlap &overlap : find_overlaps(graph, draft.buffers, draft.plan.order[step])) {
      if (!overlap.only_in_place && dies_at(draft, overlap.input, step)) {
        problem.allow_overlay(overlap.output, overlap.input, overlap.lead_bytes);
      }
    }
  }
  return problem;
}

std::uint64_t peak(const ir::Graph &graph, const Draft &draft, bool overlap) {
  auto bytes = live_bytes_by_step(graph, draft.buffers, draft.plan.order, overlap);
  for (std::size_t i = 0; i < draft.plan.scratch.size(); ++i) {
    bytes[draft.lifetimes[draft.buffers.list.size() + i].first] += draft.plan.scratch[i].size_bytes;
  }
  return *std::max_element(bytes.begin(), bytes.end());
}

void take_offsets(const ir::Graph &graph, const std::vector<std::uint64_t> &offsets,
                  const std::vector<std::size_t> &group_of, Draft &draft) {
  const auto offset = [&](std::size_t item) {
    return static_cast<std::uint32_t>(offsets[group_of[item]]);
  };
  draft.plan.placements.resize(graph.values.size());
  for (std::size_t value = 0; value < graph.values.size(); ++value) {
    if (const auto buffer = draft.buffers.of_value[value]) {
      const Lifetime &lifetime = draft.lifetimes[*buffer];
      const std::uint32_t start = draft.buffers.start_bytes[value];
      const auto size = static_cast<std::uint32_t>(ir::byte_size(graph.values[value].type));
      draft.plan.placements[value] =
          Placement{offset(*buffer) + start, size, lifetime.first, lifetime.last};
    }
  }
  for (std::size_t i = 0; i < draft.plan.scratch.size(); ++i) {
    draft.plan.scratch[i].offset_bytes = offset(draft.buffers.list.size() + i);
  }
}

/// One after the other: nothing is gained by sharing, all of them live forever.
Expected<void> place_states(const ir::Graph &graph, MemoryPlan &plan) {
  constexpr std::uint64_t kAlignment = 4;
  std::uint64_t total = 0;
  for (ir::NodeId node = 0; node < graph.nodes.size(); ++node) {
    for (const ir::StatePart &part : ir::state_of(graph, graph.nodes[node])) {
      plan.states.push_back({node, static_cast<std::uint32_t>(total),
                             static_cast<std::uint32_t>(part.size_bytes()), part});
      total += (part.size_bytes() + kAlignment - 1) / kAlignment * kAlignment;
      if (total > std::numeric_limits<std::uint32_t>::max()) {
        return fail(ErrorCode::kDoesNotFit, "the operators remember more than 4 GB");
      }
    }
  }
  plan.state_bytes = static_cast<std::uint32_t>(total);
  return {};
}

Expected<void> check_options(const PlanOptions &options) {
  const std::uint32_t alignment = options.tensor_alignment_bytes;
  const bool power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
  if (!power_of_two || alignment > kMaxTensorAlignment) {
    return fail(ErrorCode::kInvalidInput, "a tensor alignment of " + std::to_string(alignment) +
                                              " is not a power of two up to " +
                                              std::to_string(kMaxTensorAlignment));
  }
  return {};
}

Expected<MemoryPlan> plan_buffers(const ir::Graph &graph, const PlanOptions &options,
                                  Buffers buffers) {
  Draft draft{std::move(buffers), {}, {}};
  draft.plan.isa = options.isa;
  if (const auto sizes = check_sizes(graph, draft.buffers); !sizes) {
    return Failure{sizes.error()};
  }
  draft.plan.order =
      options.reorder ? find_order(graph, draft.buffers, options.overlap) : own_order(graph);
  draft.lifetimes = find_lifetimes(graph, draft.buffers, draft.plan.order);
  add_scratch(graph, options, draft);

  const std::uint64_t lower_bound = peak(graph, draft, options.overlap);
  const auto groups = find_groups(graph, options, draft);
  const PlacementProblem problem = grouped(make_problem(graph, options, draft), groups);
  const bool small = problem.items().size() <= kMostSearchedItems;
  const PlacementResult result = place(problem, lower_bound, small ? options.search_budget : 0);
  if (result.total_bytes > std::numeric_limits<std::uint32_t>::max()) {
    return fail(ErrorCode::kDoesNotFit, "the tensors need more than 4 GB");
  }
  take_offsets(graph, result.offsets, groups, draft);
  draft.plan.arena_bytes = static_cast<std::uint32_t>(result.total_bytes);
  draft.plan.lower_bound_bytes = static_cast<std::uint32_t>(lower_bound);
  draft.plan.peak_live_bytes = static_cast<std::uint32_t>(peak(graph, draft, false));
  draft.plan.optimal = result.optimal;
  const auto alignment = static_cast<std::uint32_t>(draft.buffers.packing.tensor_alignment);
  draft.plan.alignment_bytes = std::max(kArenaAlignment, alignment);
  const std::vector<bool> serves_output = find_output_nodes(graph);
  draft.plan.output_steps =
      static_cast<std::uint32_t>(std::count(serves_output.begin(), serves_output.end(), true));
  for (auto placed :
       {place_states(graph, draft.plan), place_variables(graph, options, alignment, draft.plan)}) {
    if (!placed) {
      return Failure{placed.error()};
    }
  }
  return std::move(draft.plan);
}

bool has_joinable(const ir::Graph &graph, std::uint32_t alignment) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [&](const ir::Node &node) { return is_joinable(graph, node, alignment); });
}

} // namespace

Expected<MemoryPlan> make_plan(const ir::Graph &graph, const PlanOptions &options) {
  if (const auto legal = check_options(options); !legal) {
    return Failure{legal.error()};
  }
  const kernels::isa::Packing *found = kernels::isa::find_packing(options.isa);
  if (found == nullptr) {
    return fail(ErrorCode::kUnsupported, "there are no kernels for the instruction set '" +
                                             options.isa +
                                             "'; there are: " + kernels::isa::kernel_set_names());
  }
  kernels::isa::Packing packing = *found;
  packing.tensor_alignment =
      std::max(packing.tensor_alignment, static_cast<int>(options.tensor_alignment_bytes));
  auto apart = plan_buffers(graph, options, find_buffers(graph, packing));
  if (!apart || !options.join ||
      !has_joinable(graph, static_cast<std::uint32_t>(packing.tensor_alignment))) {
    return apart;
  }
  auto joined = plan_buffers(graph, options, find_buffers(graph, packing, true));
  if (!joined || joined->arena_bytes > apart->arena_bytes) {
    return apart;
  }
  joined->joined = true;
  return joined;
}

} // namespace tinyml::plan
