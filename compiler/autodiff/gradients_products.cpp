// SPDX-License-Identifier: Apache-2.0
// Convolutions, products of matrices and pools.
#include "compiler/autodiff/gradients.hpp"

namespace tinyml::autodiff {
namespace {

using ir::Op;

/// The window's attributes that forward operator and gradients have in common.
ir::Attributes window_attributes(const ir::Node &node) {
  ir::Attributes attributes;
  for (const char *name : {"strides", "pads", "dilations", "groups", "kernel"}) {
    if (const auto found = node.attributes.find(name); found != node.attributes.end()) {
      attributes.insert(*found);
    }
  }
  return attributes;
}

std::vector<std::int64_t> height_width_channels(const ir::Shape &x) { return {x[1], x[2], x[3]}; }

void differentiate_bias(Backward &b, ir::ValueId dy) {
  if (!b.wants(2)) {
    return;
  }
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = 0; axis + 1 < static_cast<std::int64_t>(b.write().shape(dy).size());
       ++axis) {
    axes.push_back(axis);
  }
  b.give(2, b.write().sum(dy, std::move(axes)));
}

void differentiate_convolution(Backward &b, Op input_gradient, Op filter_gradient) {
  const ir::ValueId dy = b.dy_before_activation();
  if (b.wants(0)) {
    ir::Attributes attributes = window_attributes(b.node());
    attributes["sizes"] = height_width_channels(b.shape(0));
    b.give(0, b.write().emit(input_gradient, {dy, b.x(1)}, std::move(attributes)));
  }
  if (b.wants(1)) {
    ir::Attributes attributes = window_attributes(b.node());
    attributes["kernel"] = std::vector<std::int64_t>{b.shape(1)[1], b.shape(1)[2]};
    b.give(1, b.write().emit(filter_gradient, {b.x(0), dy}, std::move(attributes)));
  }
  differentiate_bias(b, dy);
}

void differentiate_fully_connected(Backward &b) {
  if (b.shape(0).size() != 2) {
    return b.write().refuse(b.node(), "learns only from matrices [batch, features]");
  }
  const ir::ValueId dy = b.dy_before_activation();
  if (b.wants(0)) {
    b.give(0, b.write().emit(Op::kFullyConnectedInputGradient, {dy, b.x(1)}));
  }
  if (b.wants(1)) {
    b.give(1, b.write().emit(Op::kFullyConnectedFilterGradient, {b.x(0), dy}));
  }
  differentiate_bias(b, dy);
}

void differentiate_average_pool(Backward &b) {
  ir::Attributes attributes = window_attributes(b.node());
  attributes["sizes"] = height_width_channels(b.shape(0));
  b.give(0, b.write().emit(Op::kAveragePool2dGradient, {b.dy()}, std::move(attributes)));
}

} // namespace

bool differentiate_product(Backward &b) {
  switch (b.node().op) {
  case Op::kConv2d:
    differentiate_convolution(b, Op::kConv2dInputGradient, Op::kConv2dFilterGradient);
    return true;
  case Op::kDepthwiseConv2d:
    differentiate_convolution(b, Op::kDepthwiseConv2dInputGradient,
                              Op::kDepthwiseConv2dFilterGradient);
    return true;
  case Op::kFullyConnected:
    differentiate_fully_connected(b);
    return true;
  case Op::kMaxPool2d:
    b.give(0, b.write().emit(Op::kMaxPool2dGradient, {b.x(0), b.y(), b.dy()},
                             window_attributes(b.node())));
    return true;
  case Op::kAveragePool2d:
    differentiate_average_pool(b);
    return true;
  default:
    return false;
  }
}

} // namespace tinyml::autodiff
