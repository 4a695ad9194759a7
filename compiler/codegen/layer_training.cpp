// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/training_calls.hpp"

#include "compiler/ir/batch.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/ir/variables.hpp"

#include <algorithm>

/// What a training step has beyond inference: kernels/generic/training.
namespace tinyml::codegen {
namespace {

using ir::Op;
using ir::Shape;

TrainedConvolution convolution_of(const LayerContext &c) {
  const auto &in = [&](std::size_t i) -> const Shape & { return c.in(i).shape; };
  const Shape &out = c.out().shape;
  switch (c.node.op) {
  case Op::kConv2d:
    return {in(0), out, ir::window_of(c.node, in(1)), false, in(1)[3]};
  case Op::kDepthwiseConv2d:
    return {in(0), out, ir::window_of(c.node, in(1)), true, 1};
  case Op::kConv2dInputGradient:
    return {out, in(0), ir::window_of(c.node, in(1)), false, in(1)[3]};
  case Op::kDepthwiseConv2dInputGradient:
    return {out, in(0), ir::window_of(c.node, in(1)), true, 1};
  case Op::kConv2dFilterGradient:
    return {in(0), in(1), ir::window_of(c.node, out), false, out[3]};
  default:
    return {in(0), in(1), ir::window_of(c.node, out), true, 1};
  }
}

Expected<Layer> make_convolution_layer(const LayerContext &c) {
  const TrainedConvolution conv = convolution_of(c);
  if (conv.window.pad_top < 0 || conv.window.pad_left < 0) {
    return c.unsupported("a window that leaves rows or columns out cannot be trained");
  }
  Layer arrays;
  std::vector<std::string> arguments = {c.input_text(0, arrays), c.input_text(1, arrays)};
  const bool forward = c.node.op == Op::kConv2d || c.node.op == Op::kDepthwiseConv2d;
  if (forward) {
    arguments.push_back(optional_bias(c, arrays));
  }
  arguments.push_back(c.output_text());
  const bool filter =
      c.node.op == Op::kConv2dFilterGradient || c.node.op == Op::kDepthwiseConv2dFilterGradient;
  const std::string name =
      forward ? "conv2d" : (filter ? "conv2d_filter_gradient" : "conv2d_input_gradient");
  Layer layer =
      training_layer({name, name, "Convolution"}, fields_of(c.node, conv), std::move(arguments));
  layer.macs = macs_of(conv);
  return with_weights(std::move(layer), arrays);
}

/// Weights [outputs, inputs].
struct Dense {
  std::string kernel;
  std::int64_t batch;
  Shape weights;
};

Dense dense_of(const LayerContext &c) {
  switch (c.node.op) {
  case Op::kFullyConnected:
    return {"fully_connected", c.in(0).shape[1], c.in(1).shape};
  case Op::kFullyConnectedInputGradient:
    return {"fully_connected_input_gradient", c.in(0).shape[1], c.in(1).shape};
  default:
    return {"fully_connected_filter_gradient", c.in(0).shape[1], c.out().shape};
  }
}

Expected<Layer> make_dense_layer(const LayerContext &c) {
  if (c.in(0).shape.size() != 2) {
    return c.unsupported("only matrices [features, batch] learn");
  }
  const Dense dense = dense_of(c);
  Layer arrays;
  std::vector<std::string> arguments = {c.input_text(0, arrays), c.input_text(1, arrays)};
  if (c.node.op == Op::kFullyConnected) {
    arguments.push_back(optional_bias(c, arrays));
  }
  arguments.push_back(c.output_text());
  Layer layer =
      training_layer({"fully_connected", dense.kernel, "Dense"},
                     dense_fields(c.node, dense.weights, dense.batch), std::move(arguments));
  layer.macs = static_cast<std::uint64_t>(ir::element_count(dense.weights) * dense.batch);
  return with_weights(std::move(layer), arrays);
}

std::string pool_kernel(Op op) {
  switch (op) {
  case Op::kMaxPool2d:
    return "max_pool2d";
  case Op::kAveragePool2d:
    return "average_pool2d";
  case Op::kMaxPool2dGradient:
    return "max_pool2d_gradient";
  default:
    return "average_pool2d_gradient";
  }
}

Expected<Layer> make_pool_layer(const LayerContext &c) {
  const ir::Window window = ir::window_of(c.node, {});
  if (window.pad_top < 0 || window.pad_left < 0) {
    return c.unsupported("a window that leaves rows or columns out cannot be trained");
  }
  const bool backward = c.node.op == Op::kAveragePool2dGradient;
  const Shape &x = backward ? c.out().shape : c.in(0).shape;
  const Shape &y = backward                              ? c.in(0).shape
                   : c.node.op == Op::kMaxPool2dGradient ? c.in(1).shape
                                                         : c.out().shape;
  Fields fields;
  fields.add("batch", x[3])
      .add("input_height", x[0])
      .add("input_width", x[1])
      .add("channels", x[2])
      .add("output_height", y[0])
      .add("output_width", y[1]);
  add_window(fields, window);
  Layer arrays;
  std::vector<std::string> arguments;
  for (std::size_t i = 0; i < c.node.inputs.size(); ++i) {
    arguments.push_back(c.input_text(i, arrays));
  }
  arguments.push_back(c.output_text());
  return with_weights(training_layer({"pools", pool_kernel(c.node.op), "Pool"}, std::move(fields),
                                     std::move(arguments)),
                      arrays);
}

Expected<Layer> make_loss_layer(const LayerContext &c) {
  Layer arrays;
  const bool gradient = c.node.op == Op::kSoftmaxCrossEntropyGradient;
  return with_weights(
      training_layer({"softmax_cross_entropy",
                      gradient ? "softmax_cross_entropy_gradient" : "softmax_cross_entropy",
                      "Classes"},
                     Fields().add("batch", c.in(0).shape[1]).add("classes", c.in(0).shape[0]),
                     {c.input_text(0, arrays), c.input_text(1, arrays), c.output_text()}),
      arrays);
}

TrainingKernel update_kernel(Op op) {
  switch (op) {
  case Op::kMomentum:
    return {"updates", "momentum", "Momentum"};
  case Op::kAdam:
    return {"updates", "adam", "Adam"};
  default:
    return {"updates", "sgd", "Elements"};
  }
}

Fields update_fields(const LayerContext &c) {
  const auto number = [&](const char *name, double otherwise) {
    return static_cast<float>(ir::double_attribute(c.node, name, otherwise));
  };
  Fields fields;
  fields.add("count", ir::element_count(c.in(0).shape));
  if (c.node.op == Op::kMomentum) {
    fields.add_float("momentum", number("momentum", 0.9));
  }
  if (c.node.op == Op::kAdam) {
    fields.add_float("beta1", number("beta1", 0.9))
        .add_float("beta2", number("beta2", 0.999))
        .add_float("epsilon", number("epsilon", 1e-8));
  }
  return fields;
}

/// Inputs of an update: variables, gradient, rate. Arguments: gradient, rate, moments, variable.
Expected<Layer> make_update_layer(const LayerContext &c) {
  const std::size_t variables = ir::updated_inputs(c.node.op);
  Layer arrays;
  std::vector<std::string> arguments = {c.input_text(variables, arrays),
                                        "*" + c.input_text(variables + 1, arrays)};
  for (std::size_t i = 1; i < variables; ++i) {
    arguments.push_back(c.variable_text(i));
  }
  arguments.push_back(c.variable_text(0));
  return with_weights(
      training_layer(update_kernel(c.node.op), update_fields(c), std::move(arguments)), arrays);
}

} // namespace

bool is_training_layer(const ir::Node &node) {
  return ir::is_update(node.op) ||
         (ir::has_layout(node.op) && ir::layout_of(node) == ir::Layout::kHwcn);
}

bool reads_half(const ir::Node &node) { return is_training_layer(node); }

Expected<Layer> make_training(const LayerContext &c) {
  if (ir::is_fused_training(c.node.op)) {
    return make_fused_training(c);
  }
  switch (c.node.op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
  case Op::kConv2dInputGradient:
  case Op::kConv2dFilterGradient:
  case Op::kDepthwiseConv2dInputGradient:
  case Op::kDepthwiseConv2dFilterGradient:
    return make_convolution_layer(c);
  case Op::kFullyConnected:
  case Op::kFullyConnectedInputGradient:
  case Op::kFullyConnectedFilterGradient:
    return make_dense_layer(c);
  case Op::kMaxPool2d:
  case Op::kAveragePool2d:
  case Op::kMaxPool2dGradient:
  case Op::kAveragePool2dGradient:
    return make_pool_layer(c);
  case Op::kSoftmaxCrossEntropy:
  case Op::kSoftmaxCrossEntropyGradient:
    return make_loss_layer(c);
  default:
    return make_update_layer(c);
  }
}

std::optional<Layer> make_bias_gradient(const LayerContext &c) {
  const Shape &in = c.in().shape;
  const auto axes = ir::ints_attribute(c.node, "axes", {});
  if (c.plan.variables.empty() || c.in().element != ir::ElementType::kFloat32 ||
      ir::text_attribute(c.node, "function", "") != "sum" || axes.size() + 1 != in.size()) {
    return std::nullopt;
  }
  std::size_t kept = 0;
  while (kept < axes.size() && axes[kept] == static_cast<std::int64_t>(kept)) {
    ++kept;
  }
  const auto middle = in.begin() + static_cast<std::ptrdiff_t>(kept);
  Layer arrays;
  return with_weights(training_layer({"bias_gradient", "bias_gradient", "Biased"},
                                     Fields()
                                         .add("batch", ir::element_count({middle + 1, in.end()}))
                                         .add("rows", ir::element_count({in.begin(), middle}))
                                         .add("channels", *middle),
                                     {c.input_text(0, arrays), c.output_text()}),
                      arrays);
}

std::optional<Layer> make_training_root(const LayerContext &c) {
  const std::string function = ir::text_attribute(c.node, "function", "");
  if (c.plan.variables.empty() || (function != "sqrt" && function != "rsqrt")) {
    return std::nullopt;
  }
  Layer arrays;
  return with_weights(
      training_layer(
          {"square_root", function == "sqrt" ? "square_roots" : "reciprocal_roots", "Elements"},
          Fields().add("count", ir::element_count(c.out().shape)),
          {c.input_text(0, arrays), c.output_text()}),
      arrays);
}

std::optional<Layer> make_relu_gradient(const LayerContext &c) {
  const std::string function = ir::text_attribute(c.node, "function", "");
  const bool known = function == "relu_gradient" || function == "relu6_gradient";
  if (c.plan.variables.empty() || !known || c.in(0) != c.in(1) ||
      c.in().element != ir::ElementType::kFloat32) {
    return std::nullopt;
  }
  Layer arrays;
  return with_weights(
      training_layer({"relu_gradient", function, "Elements"},
                     Fields().add("count", ir::element_count(c.out().shape)),
                     {c.input_text(0, arrays), c.input_text(1, arrays), c.output_text()}),
      arrays);
}

} // namespace tinyml::codegen
