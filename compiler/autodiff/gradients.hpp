// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/autodiff/writer.hpp"

/// The gradient rules: what of dL/dy goes to each input of a node.
namespace tinyml::autodiff {

/// One node, and the gradients that arrive and leave. Only inputs that `wants` get one.
class Backward {
public:
  Backward(Writer &writer, const ir::Node &node, ir::ValueId dy, const std::vector<bool> &needed)
      : writer_(writer), node_(node), dy_(dy), needed_(needed), gradients_(node.inputs.size()) {}

  [[nodiscard]] Writer &write() { return writer_; }
  [[nodiscard]] const ir::Node &node() const { return node_; }
  [[nodiscard]] ir::ValueId x(std::size_t i) const { return node_.inputs[i]; }
  [[nodiscard]] ir::ValueId y() const { return node_.outputs[0]; }
  [[nodiscard]] ir::ValueId dy() const { return dy_; }
  /// dL/dy in front of the node's own activation.
  [[nodiscard]] ir::ValueId dy_before_activation();
  [[nodiscard]] const ir::Shape &shape(std::size_t i) const { return writer_.shape(x(i)); }

  [[nodiscard]] bool wants(std::size_t i) const {
    return i < node_.inputs.size() && needed_[node_.inputs[i]];
  }
  void give(std::size_t i, ir::ValueId gradient) { gradients_[i] = gradient; }
  [[nodiscard]] const std::vector<std::optional<ir::ValueId>> &gradients() const {
    return gradients_;
  }

private:
  Writer &writer_;
  ir::Node node_; ///< a copy: writing moves the graph's nodes
  ir::ValueId dy_;
  const std::vector<bool> &needed_;
  std::vector<std::optional<ir::ValueId>> gradients_;
};

/// Families of rules; false for an operator that is not theirs.
[[nodiscard]] bool differentiate_product(Backward &backward);
[[nodiscard]] bool differentiate_elementwise(Backward &backward);
[[nodiscard]] bool differentiate_movement(Backward &backward);

} // namespace tinyml::autodiff
