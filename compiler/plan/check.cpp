// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/kernel_facts.hpp"
#include "compiler/plan/place_variables.hpp"
#include "compiler/plan/plan.hpp"

#include "compiler/ir/attributes.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/ir/variables.hpp"
#include "kernels/isa/registry.hpp"

#include <algorithm>

namespace tinyml::plan {
namespace {

/// Goes through the operators as the device does and asks of each output: does it destroy a value
/// that somebody still reads? Knows nothing of buffers, lifetimes or items.
class PlanChecker {
public:
  PlanChecker(const ir::Graph &graph, const MemoryPlan &plan)
      : graph_(graph), plan_(plan), packing_(kernels::isa::find_packing(plan.isa)) {}

  Expected<void> run() {
    if (packing_ == nullptr) {
      return fail(ErrorCode::kInvalidInput,
                  "the plan is for the unknown kernel set '" + plan_.isa + "'");
    }
    if (auto order = check_order(); !order) {
      return order;
    }
    for (const ir::ValueId input : graph_.inputs) {
      if (auto written = write(input, nullptr, 0); !written) {
        return written;
      }
    }
    for (std::size_t step = 0; step < plan_.order.size(); ++step) {
      const ir::Node &node = graph_.nodes[plan_.order[step]];
      if (ir::is_update(node.op)) {
        continue; // writes variables, which check_variables looks at
      }
      for (const ir::ValueId output : node.outputs) {
        if (auto written = write(output, &node, step + 1); !written) {
          return written;
        }
      }
    }
    return {};
  }

private:
  Expected<void> check_order() {
    std::vector<bool> done(graph_.nodes.size(), false);
    last_use_.assign(graph_.values.size(), 0);
    std::vector<bool> known(graph_.values.size(), false);
    for (std::size_t value = 0; value < graph_.values.size(); ++value) {
      known[value] = graph_.values[value].constant.has_value();
    }
    for (const ir::ValueId input : graph_.inputs) {
      known[input] = true;
    }
    for (std::size_t step = 0; step < plan_.order.size(); ++step) {
      const ir::NodeId id = plan_.order[step];
      if (id >= done.size() || done[id]) {
        return fail(ErrorCode::kInvalidInput, "the plan's order names a node twice or none at all");
      }
      done[id] = true;
      for (const ir::ValueId value : graph_.nodes[id].inputs) {
        if (!known[value]) {
          return fail(ErrorCode::kInvalidInput,
                      "the plan reads '" + graph_.values[value].name + "' before it is computed");
        }
        last_use_[value] = step + 1;
      }
      for (const ir::ValueId value : graph_.nodes[id].outputs) {
        known[value] = true;
      }
    }
    for (const ir::ValueId output : graph_.outputs) {
      last_use_[output] = plan_.order.size() + 1;
    }
    return plan_.order.size() == graph_.nodes.size()
               ? Expected<void>{}
               : fail(ErrorCode::kInvalidInput, "the plan's order leaves nodes out");
  }

  /// `time`: 0 for graph inputs, step + 1 for the output of a node.
  Expected<void> write(ir::ValueId written, const ir::Node *node, std::size_t time) {
    const auto &place = plan_.placements[written];
    const std::size_t size = ir::byte_size(graph_.values[written].type);
    if (!place || place->size_bytes < size ||
        std::uint64_t{place->offset_bytes} + size > plan_.arena_bytes) {
      return fail(ErrorCode::kInvalidInput,
                  "'" + graph_.values[written].name + "' has no place in the arena");
    }
    for (const ir::ValueId other : alive_) {
      if (last_use_[other] >= time && other != written && meets(written, other) &&
          !is_legal(written, other, node, time)) {
        return fail(ErrorCode::kInvalidInput, "'" + graph_.values[written].name + "' destroys '" +
                                                  graph_.values[other].name +
                                                  "', which is still needed");
      }
    }
    alive_.push_back(written);
    return {};
  }

  [[nodiscard]] bool meets(ir::ValueId a, ir::ValueId b) const {
    const Placement &pa = *plan_.placements[a];
    const Placement &pb = *plan_.placements[b];
    return pa.offset_bytes < std::uint64_t{pb.offset_bytes} + pb.size_bytes &&
           pb.offset_bytes < std::uint64_t{pa.offset_bytes} + pa.size_bytes;
  }

  /// Overlap with a value that is needed now or later: legal as a reshape of it (the content
  /// stays), or when the kernel reads ahead of what it writes and nobody needs the value
  /// afterwards.
  [[nodiscard]] bool is_legal(ir::ValueId written, ir::ValueId other, const ir::Node *node,
                              std::size_t time) const {
    const std::uint64_t at = plan_.placements[written]->offset_bytes;
    const std::uint64_t other_at = plan_.placements[other]->offset_bytes;
    if (node == nullptr) {
      return false;
    }
    if (shares_storage(*node)) {
      return at == other_at && same_content(node->inputs[0], other);
    }
    if (is_joined_in_place(*node, written, other)) {
      return last_use_[other] == time;
    }
    for (std::size_t i = 0; i < node->inputs.size(); ++i) {
      const auto lead = overlap_lead_bytes(graph_, *node, i, *packing_);
      const bool in_place = works_by_lines(graph_, *node, *packing_);
      const bool ahead =
          lead && (in_place ? at == other_at
                            : at + static_cast<std::uint64_t>(std::max<std::int64_t>(0, *lead)) <=
                                  other_at);
      if (same_content(node->inputs[i], other) && !ahead) {
        return false;
      }
    }
    return last_use_[other] == time;
  }

  /// A concat's input that lies exactly where the concat would write it, and is read once.
  [[nodiscard]] bool is_joined_in_place(const ir::Node &node, ir::ValueId written,
                                        ir::ValueId other) const {
    const ir::Shape &out = graph_.values[written].type.shape;
    const auto axis = static_cast<std::size_t>(ir::int_attribute(node, "axis", 0));
    if (node.op != ir::Op::kConcat ||
        std::count(node.inputs.begin(), node.inputs.end(), other) != 1 ||
        std::any_of(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(axis),
                    [](std::int64_t dim) { return dim != 1; })) {
      return false;
    }
    std::uint64_t position = plan_.placements[written]->offset_bytes;
    for (std::size_t i = 0; node.inputs[i] != other; ++i) {
      position += ir::byte_size(graph_.values[node.inputs[i]].type);
    }
    return position == plan_.placements[other]->offset_bytes;
  }

  /// Whether one is the other, seen through reshapes.
  [[nodiscard]] bool same_content(ir::ValueId a, ir::ValueId b) const {
    return source(a) == source(b);
  }
  [[nodiscard]] ir::ValueId source(ir::ValueId value) const {
    for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
      const ir::Node &node = graph_.nodes[i];
      if (shares_storage(node) && node.outputs[0] == value) {
        value = node.inputs[0];
      }
    }
    return value;
  }

  const ir::Graph &graph_;
  const MemoryPlan &plan_;
  const kernels::isa::Packing *packing_;
  std::vector<std::size_t> last_use_; ///< time of the last reader; 0: nobody
  std::vector<ir::ValueId> alive_;
};

} // namespace

Expected<void> check_plan(const ir::Graph &graph, const MemoryPlan &plan) {
  if (plan.placements.size() != graph.values.size()) {
    return fail(ErrorCode::kInvalidInput, "the plan was made for another graph");
  }
  if (auto checked = PlanChecker(graph, plan).run(); !checked) {
    return checked;
  }
  return check_variables(graph, plan);
}

} // namespace tinyml::plan
