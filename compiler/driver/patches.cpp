// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/patches.hpp"

#include "compiler/ir/types.hpp"
#include "compiler/passes/strips.hpp"
#include "compiler/plan/plan.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <vector>

namespace tinyml::driver {
namespace {

constexpr std::int64_t kMostStrips = 64;

/// Splits are compared by quick plans: strips in their own order, first fits only.
std::optional<std::uint32_t> quick_arena_bytes(const ir::Graph &graph, const std::string &isa) {
  const auto plan = plan::make_plan(graph, {.isa = isa, .reorder = false, .search_budget = 0});
  return plan.ok() ? std::optional(plan->arena_bytes) : std::nullopt;
}

/// Lengths of the chain after which images are smaller than everywhere before: joining the strips
/// costs little there.
std::vector<std::size_t> worthwhile_lengths(const ir::Graph &graph) {
  constexpr std::size_t kMostLengths = 6;
  std::vector<std::size_t> lengths;
  std::size_t smallest = SIZE_MAX;
  const auto chain = passes::find_strip_chain(graph);
  for (std::size_t i = 0; i < chain.size() && lengths.size() < kMostLengths; ++i) {
    const std::size_t bytes = ir::byte_size(graph.values[graph.nodes[chain[i]].outputs[0]].type);
    if (i > 0 && bytes < smallest) {
      lengths.push_back(i + 1);
    }
    smallest = std::min(smallest, bytes);
  }
  return lengths;
}

struct Candidate {
  PatchedGraph patched;
  std::uint64_t macs;
};

std::vector<Candidate> candidates(const ir::Graph &graph, std::int64_t strips) {
  const std::vector<std::int64_t> numbers =
      strips >= 2 ? std::vector{strips} : std::vector<std::int64_t>{2, 3, 4, 6, 8};
  const auto whole =
      static_cast<double>(std::max<std::uint64_t>(1, passes::convolution_macs(graph)));
  std::vector<Candidate> found;
  for (const std::size_t length : worthwhile_lengths(graph)) {
    for (const std::int64_t number : numbers) {
      if (auto split = passes::split_into_strips(graph, {length, number}); split.ok()) {
        const std::uint64_t macs = passes::convolution_macs(*split);
        const double extra = static_cast<double>(macs) / whole - 1;
        found.push_back({{*std::move(split), {number, length, extra}}, macs});
      }
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Candidate &a, const Candidate &b) { return a.macs < b.macs; });
  return found;
}

} // namespace

std::optional<PatchedGraph> find_patches(const ir::Graph &graph, const PatchRequest &request) {
  auto smallest = quick_arena_bytes(graph, request.isa);
  std::optional<PatchedGraph> best;
  for (Candidate &candidate : candidates(graph, request.strips)) {
    const auto bytes = quick_arena_bytes(candidate.patched.graph, request.isa);
    if (bytes && smallest && *bytes < *smallest) {
      smallest = bytes;
      best = std::move(candidate.patched);
      if (*bytes <= request.arena_limit_bytes) {
        break; // those that follow cost more
      }
    }
  }
  return best;
}

Expected<std::int64_t> parse_strips(const std::string &text) {
  if (text == "auto" || text == "off") {
    return std::int64_t{text == "auto" ? 0 : 1};
  }
  std::int64_t strips = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), strips);
  if (error != std::errc{} || end != text.data() + text.size() || strips < 2 ||
      strips > kMostStrips) {
    return fail(ErrorCode::kInvalidInput, "no way of patches '" + text +
                                              "'; there are: auto, off, or a number of strips "
                                              "from 2 to 64");
  }
  return strips;
}

std::string describe(const Patches &patches) {
  return fmt::format("{} strips over {} layers, {:+.1f} % MACs", patches.strips, patches.layers,
                     100 * patches.extra_macs);
}

} // namespace tinyml::driver
