// SPDX-License-Identifier: Apache-2.0
#include "compiler/autodiff/differentiate.hpp"

#include "compiler/autodiff/gradients.hpp"

#include <algorithm>

namespace tinyml::autodiff {
namespace {

/// Values on a way from a wanted one.
std::vector<bool> dependents(const ir::Graph &graph, const std::vector<ir::ValueId> &wanted) {
  std::vector<bool> depends(graph.values.size(), false);
  for (const ir::ValueId id : wanted) {
    depends[id] = true;
  }
  for (const ir::Node &node : graph.nodes) {
    depends[node.outputs[0]] = std::any_of(node.inputs.begin(), node.inputs.end(),
                                           [&](ir::ValueId id) { return depends[id]; });
  }
  return depends;
}

/// dL/dv of all values so far; what comes from several users is summed.
class Gradients {
public:
  explicit Gradients(Writer &writer) : writer_(writer) {}

  void add(ir::ValueId value, ir::ValueId gradient) {
    const auto [known, is_new] = of_.try_emplace(value, gradient);
    if (!is_new) {
      known->second = writer_.add(known->second, gradient);
    }
  }
  [[nodiscard]] std::optional<ir::ValueId> find(ir::ValueId value) const {
    const auto found = of_.find(value);
    return found == of_.end() ? std::nullopt : std::optional(found->second);
  }

private:
  Writer &writer_;
  std::map<ir::ValueId, ir::ValueId> of_;
};

void differentiate_node(Writer &writer, const ir::Node &node, ir::ValueId dy,
                        const std::vector<bool> &needed, Gradients &gradients) {
  Backward backward(writer, node, dy, needed);
  if (!differentiate_product(backward) && !differentiate_elementwise(backward) &&
      !differentiate_movement(backward)) {
    return writer.refuse(backward.node(), "cannot learn: the operator has no gradient here");
  }
  for (std::size_t i = 0; i < backward.gradients().size() && writer.ok(); ++i) {
    if (backward.gradients()[i] && backward.wants(i)) {
      gradients.add(backward.x(i), *backward.gradients()[i]);
    }
  }
}

} // namespace

std::map<ir::ValueId, ir::ValueId> differentiate(Writer &writer, ir::ValueId y, ir::ValueId dy,
                                                 const std::vector<ir::ValueId> &wanted) {
  const std::vector<bool> needed = dependents(writer.graph(), wanted);
  Gradients gradients(writer);
  gradients.add(y, dy);
  for (std::size_t i = writer.graph().nodes.size(); i-- > 0 && writer.ok();) {
    const ir::Node node = writer.graph().nodes[i];
    const auto arrived = gradients.find(node.outputs[0]);
    if (arrived && needed[node.outputs[0]]) {
      differentiate_node(writer, node, *arrived, needed, gradients);
    }
  }
  std::map<ir::ValueId, ir::ValueId> found;
  for (const ir::ValueId id : wanted) {
    if (const auto gradient = gradients.find(id)) {
      found.emplace(id, *gradient);
    }
  }
  return found;
}

} // namespace tinyml::autodiff
