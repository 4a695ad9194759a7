// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/training.hpp"

#include "compiler/interpret/step.hpp"
#include "compiler/interpret/window_shapes.hpp"

namespace tinyml::interpret {
namespace {

namespace reference = kernels::reference;
using ir::Op;

std::int32_t dim(const ir::TensorType &type, std::size_t axis) {
  return static_cast<std::int32_t>(type.shape[axis]);
}

/// The forward convolution between an input like `x` and an output like `y`.
reference::Conv2dShape forward_shape(const StepContext &context, const ir::TensorType &x,
                                     const ir::TensorType &y, const ir::Shape &filter) {
  return {image_of(x.shape, ir::Layout::kNhwc), image_of(y.shape, ir::Layout::kNhwc),
          window_shape(ir::window_of(context.node, filter)),
          static_cast<std::int32_t>(ir::int_attribute(context.node, "groups", 1))};
}

Step make_input_gradient(const StepContext &context) {
  const auto shape =
      forward_shape(context, context.out_type(), context.in_type(0), context.in_type(1).shape);
  const bool depthwise = context.node.op == Op::kDepthwiseConv2dInputGradient;
  return [=] {
    reference::conv2d_input_gradient(shape, depthwise, context.in<float>(0), context.in<float>(1),
                                     context.out<float>());
  };
}

Step make_filter_gradient(const StepContext &context) {
  const auto shape = forward_shape(context, context.in_type(0), context.in_type(1), {});
  const bool depthwise = context.node.op == Op::kDepthwiseConv2dFilterGradient;
  return [=] {
    reference::conv2d_filter_gradient(shape, depthwise, static_cast<std::size_t>(context.count()),
                                      context.in<float>(0), context.in<float>(1),
                                      context.out<float>());
  };
}

Step make_dense_gradient(const StepContext &context) {
  if (context.node.op == Op::kFullyConnectedInputGradient) {
    const reference::FullyConnectedShape shape = {
        dim(context.in_type(0), 0), dim(context.in_type(1), 1), dim(context.in_type(1), 0)};
    return [=] {
      reference::fully_connected_input_gradient(shape, context.in<float>(0), context.in<float>(1),
                                                context.out<float>());
    };
  }
  const reference::FullyConnectedShape shape = {
      dim(context.in_type(0), 0), dim(context.in_type(0), 1), dim(context.in_type(1), 1)};
  return [=] {
    reference::fully_connected_filter_gradient(shape, context.in<float>(0), context.in<float>(1),
                                               context.out<float>());
  };
}

Step make_pool_gradient(const StepContext &context) {
  const std::size_t dy = context.node.inputs.size() - 1;
  const reference::Pool2dShape shape = {image_of(context.out_type().shape, ir::Layout::kNhwc),
                                        image_of(context.in_type(dy).shape, ir::Layout::kNhwc),
                                        window_shape(ir::window_of(context.node, {}))};
  if (context.node.op == Op::kMaxPool2dGradient) {
    return [=] {
      reference::max_pool2d_gradient(shape, context.in<float>(0), context.in<float>(2),
                                     context.out<float>());
    };
  }
  return [=] {
    reference::average_pool2d_gradient(shape, context.in<float>(0), context.out<float>());
  };
}

Step make_cross_entropy(const StepContext &context) {
  const std::int32_t rows = dim(context.in_type(0), 0);
  const std::int32_t classes = dim(context.in_type(0), 1);
  if (context.node.op == Op::kSoftmaxCrossEntropyGradient) {
    return [=] {
      reference::softmax_cross_entropy_gradient(rows, classes, context.in<float>(0),
                                                context.in<std::int32_t>(1), context.out<float>());
    };
  }
  return [=, scratch = std::vector<float>(static_cast<std::size_t>(classes))]() mutable {
    reference::softmax_cross_entropy(rows, classes, context.in<float>(0),
                                     context.in<std::int32_t>(1), scratch.data(),
                                     context.out<float>());
  };
}

float factor(const StepContext &context, const char *name, double otherwise) {
  return static_cast<float>(ir::double_attribute(context.node, name, otherwise));
}

/// The i-th input of an update as the variable that it writes.
float *variable(const StepContext &context, std::size_t i) {
  return reinterpret_cast<float *>(context.buffers[context.node.inputs[i]].data());
}

Step make_update(const StepContext &context) {
  const auto count = static_cast<std::size_t>(context.count());
  switch (context.node.op) {
  case Op::kMomentum:
    return [=, beta = factor(context, "momentum", 0.9)] {
      reference::momentum(count, *context.in<float>(3), beta, context.in<float>(2),
                          variable(context, 1), variable(context, 0));
    };
  case Op::kAdam: {
    const reference::AdamFactors factors = {factor(context, "beta1", 0.9),
                                            factor(context, "beta2", 0.999),
                                            factor(context, "epsilon", 1e-8)};
    return [=] {
      reference::adam(count, *context.in<float>(4), factors, context.in<float>(3),
                      variable(context, 1), variable(context, 2), variable(context, 0));
    };
  }
  default:
    return [=] {
      reference::sgd(count, *context.in<float>(2), context.in<float>(1), variable(context, 0));
    };
  }
}

} // namespace

Expected<Step> make_training(const StepContext &context) {
  switch (context.node.op) {
  case Op::kConv2dInputGradient:
  case Op::kDepthwiseConv2dInputGradient:
    return make_input_gradient(context);
  case Op::kConv2dFilterGradient:
  case Op::kDepthwiseConv2dFilterGradient:
    return make_filter_gradient(context);
  case Op::kFullyConnectedInputGradient:
  case Op::kFullyConnectedFilterGradient:
    return make_dense_gradient(context);
  case Op::kMaxPool2dGradient:
  case Op::kAveragePool2dGradient:
    return make_pool_gradient(context);
  case Op::kSoftmaxCrossEntropy:
  case Op::kSoftmaxCrossEntropyGradient:
    return make_cross_entropy(context);
  default:
    return make_update(context);
  }
}

} // namespace tinyml::interpret
