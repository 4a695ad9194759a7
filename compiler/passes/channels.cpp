// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/channels.hpp"

namespace tinyml::passes {

std::size_t channel_axis(const Rewriter &r, const ir::Node &layer) {
  const std::size_t rank = r.shape(layer.outputs[0]).size();
  const bool channels_first =
      layer.op == ir::Op::kConv2d && ir::layout_of(layer) == ir::Layout::kNchw;
  return channels_first ? 1 : rank - 1;
}

std::size_t filter_axis(const ir::Node &layer) {
  return layer.op == ir::Op::kDepthwiseConv2d ? 3 : 0;
}

std::optional<std::vector<float>> per_channel(const ir::Value &constant, const ir::Shape &tensor,
                                              std::size_t axis) {
  const ir::Shape &shape = constant.type.shape;
  if (!constant.constant || constant.type.element != ir::ElementType::kFloat32 ||
      shape.size() > tensor.size()) {
    return std::nullopt;
  }
  const std::size_t missing = tensor.size() - shape.size();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != 1 && i + missing != axis) {
      return std::nullopt;
    }
  }
  std::vector<float> elements = ir::elements_of<float>(constant);
  const auto channels = static_cast<std::size_t>(tensor[axis]);
  if (elements.size() != 1 && elements.size() != channels) {
    return std::nullopt;
  }
  elements.resize(channels, elements[0]);
  return elements;
}

std::optional<std::vector<float>> constant_bias(const Rewriter &r, const ir::Node &layer) {
  if (layer.inputs.size() < 3) {
    const std::size_t axis = channel_axis(r, layer);
    return std::vector<float>(static_cast<std::size_t>(r.shape(layer.outputs[0])[axis]), 0.0F);
  }
  if (!r.is_float_constant(layer.inputs[2])) {
    return std::nullopt;
  }
  return ir::elements_of<float>(r.value(layer.inputs[2]));
}

ir::Node *open_layer(Rewriter &r, ir::ValueId id) {
  ir::Node *node = r.producer(id);
  const bool open = node != nullptr && has_weights(node->op) && r.is_used_once(id) &&
                    ir::activation_of(*node) == ir::Activation::kNone;
  return open ? node : nullptr;
}

} // namespace tinyml::passes
