// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/training_calls.hpp"

#include "compiler/ir/types.hpp"

/// Operators of training steps that several others were fused into (compiler/autodiff/fuse.hpp).
namespace tinyml::codegen {
namespace {

using ir::Op;
using ir::Shape;

/// A pooled convolution of the image `x`, with the output that it has before the pool.
TrainedConvolution pooled_convolution(const LayerContext &c, const Shape &x, const Shape &pooled,
                                      const Shape &filter) {
  const ir::Window window = ir::window_of(c.node, filter);
  const auto size = [](std::int64_t in, std::int64_t kernel, std::int64_t dilation,
                       std::int64_t stride) {
    return (in - (kernel - 1) * dilation - 1) / stride + 1;
  };
  Shape y = pooled;
  y[0] = size(x[0] + window.pad_top + window.pad_bottom, window.kernel_h, window.dilation_h,
              window.stride_h);
  y[1] = size(x[1] + window.pad_left + window.pad_right, window.kernel_w, window.dilation_w,
              window.stride_w);
  return {x, y, window, false, x[2]};
}

/// A layer of the convolution `conv` with the node's inputs, as `order` says, as arguments.
Layer make_fused_layer(const LayerContext &c, const TrainingKernel &kernel,
                       const TrainedConvolution &conv, const std::vector<std::size_t> &order) {
  Layer arrays;
  std::vector<std::string> arguments;
  for (const std::size_t i : order) {
    arguments.push_back(c.input_text(i, arrays));
  }
  Layer layer = training_layer(kernel, fields_of(c.node, conv), std::move(arguments));
  layer.macs = macs_of(conv);
  return with_weights(std::move(layer), arrays);
}

Expected<Layer> make_conv2d_max_pool(const LayerContext &c) {
  const TrainedConvolution conv =
      pooled_convolution(c, c.in(0).shape, c.out().shape, c.in(1).shape);
  Layer layer =
      make_fused_layer(c, {"conv2d_max_pool", "conv2d_max_pool", "Convolution"}, conv, {0, 1});
  auto &arguments = layer.calls[0].arguments;
  arguments.push_back(optional_bias(c, layer));
  arguments.push_back(c.output_text());
  arguments.push_back(c.second_output_text());
  return layer;
}

/// Gradients do a quarter of the forward layer's products.
constexpr std::uint64_t kPooledAway = 4;

Expected<Layer> make_pooled_input_gradient(const LayerContext &c) {
  const TrainedConvolution conv =
      pooled_convolution(c, c.out().shape, c.in(0).shape, c.in(2).shape);
  Layer layer = make_fused_layer(
      c, {"pooled_input_gradient", "pooled_input_gradient", "Convolution"}, conv, {0, 1, 2});
  layer.macs /= kPooledAway;
  layer.calls[0].arguments.push_back(c.output_text());
  return layer;
}

Expected<Layer> make_pooled_filter(const LayerContext &c) {
  const bool updates = c.node.op == Op::kPooledConv2dFilterSgd;
  const std::size_t x = updates ? 1 : 0;
  const TrainedConvolution conv = pooled_convolution(c, c.in(x).shape, c.in(x + 1).shape, {});
  Layer layer =
      make_fused_layer(c,
                       {"pooled_filter_gradient",
                        updates ? "pooled_filter_sgd" : "pooled_filter_gradient", "Convolution"},
                       conv, {x, x + 1, x + 2});
  layer.macs /= kPooledAway;
  auto &arguments = layer.calls[0].arguments;
  if (updates) {
    arguments.push_back("*" + c.input_text(4, layer));
  }
  arguments.push_back(updates ? c.variable_text(0) : c.output_text());
  return layer;
}

/// Inputs: variable, x, dy, rate.
Expected<Layer> make_filter_sgd(const LayerContext &c) {
  Layer layer;
  if (c.node.op == Op::kFullyConnectedFilterSgd) {
    const Shape &weights = c.in(0).shape;
    layer = training_layer({"fully_connected", "fully_connected_filter_sgd", "Dense"},
                           dense_fields(c.node, weights, c.in(1).shape[1]), {});
    layer.calls[0].arguments = {c.input_text(1, layer), c.input_text(2, layer)};
    layer.macs = static_cast<std::uint64_t>(ir::element_count(weights) * c.in(1).shape[1]);
  } else {
    const bool depthwise = c.node.op == Op::kDepthwiseConv2dFilterSgd;
    const TrainedConvolution conv = {c.in(1).shape, c.in(2).shape,
                                     ir::window_of(c.node, c.in(0).shape), depthwise,
                                     depthwise ? 1 : c.in(0).shape[3]};
    layer = make_fused_layer(c, {"conv2d_filter_gradient", "conv2d_filter_sgd", "Convolution"},
                             conv, {1, 2});
  }
  layer.calls[0].arguments.push_back("*" + c.input_text(3, layer));
  layer.calls[0].arguments.push_back(c.variable_text(0));
  return layer;
}

} // namespace

Expected<Layer> make_fused_training(const LayerContext &c) {
  switch (c.node.op) {
  case Op::kConv2dMaxPool:
    return make_conv2d_max_pool(c);
  case Op::kPooledConv2dInputGradient:
    return make_pooled_input_gradient(c);
  case Op::kPooledConv2dFilterGradient:
  case Op::kPooledConv2dFilterSgd:
    return make_pooled_filter(c);
  default:
    return make_filter_sgd(c);
  }
}

} // namespace tinyml::codegen
