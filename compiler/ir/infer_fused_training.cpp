// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/batch.hpp"
#include "compiler/ir/infer.hpp"
#include "compiler/ir/slide.hpp"

namespace tinyml::ir {
namespace {

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

/// The node that it was, without what was fused to it.
Node unfused(const Node &node, Op op) {
  Node inner = node;
  inner.op = op;
  return inner;
}

Expected<TensorType> check_update(const InferenceInput &in, const Expected<TensorType> &gradient) {
  if (!gradient) {
    return gradient;
  }
  if (in.inputs[0] != *gradient) {
    return invalid("a gradient " + type_text(*gradient) + " cannot update " +
                   type_text(in.inputs[0]));
  }
  if (in.inputs.back() != TensorType{ElementType::kFloat32, {1}, {}}) {
    return invalid("needs a rate f32[1], not " + type_text(in.inputs.back()));
  }
  return *gradient;
}

Expected<TensorType> infer_filter_sgd(const InferenceInput &in, Op gradient_op) {
  const Node inner = unfused(in.node, gradient_op);
  const InferenceInput gradient = {inner, in.inputs.subspan(1, 2), nullptr};
  return check_update(in, gradient_op == Op::kFullyConnectedFilterGradient
                              ? infer_training(gradient)
                              : infer_convolution_filter_gradient(gradient));
}

Expected<void> check_pooled_node(const Node &node) {
  if (layout_of(node) != Layout::kHwcn || int_attribute(node, "groups", 1) != 1) {
    return invalid("needs layout HWCN and one group");
  }
  return {};
}

Expected<TensorType> infer_conv2d_max_pool(const InferenceInput &in) {
  const Node inner = unfused(in.node, Op::kConv2d);
  auto type = infer_convolution({inner, in.inputs, nullptr});
  if (!type) {
    return type;
  }
  if (type->element != ElementType::kFloat32 || type->shape[0] < 2 || type->shape[1] < 2) {
    return invalid("makes " + type_text(*type) + ", which has no 2 x 2 windows to pool");
  }
  type->shape[0] /= 2;
  type->shape[1] /= 2;
  return type;
}

/// The convolution's own output, from one that was pooled and the image that it reads.
Expected<TensorType> unpooled(const Node &node, const Shape &filter, const Shape &x,
                              const TensorType &pooled, const TensorType &choices) {
  const auto y = slide(window_of(node, filter), x, image_axes(Layout::kHwcn));
  if (!y) {
    return Failure{y.error()};
  }
  if (pooled.shape.size() != 4 || (*y)[0] / 2 != pooled.shape[0] ||
      (*y)[1] / 2 != pooled.shape[1] || x[3] != pooled.shape[3] ||
      choices != infer_second_type(pooled)) {
    return invalid("the gradient " + type_text(pooled) + " with choices " + type_text(choices) +
                   " is not of a pooled output for " + shape_text(x));
  }
  TensorType type = pooled;
  type.shape[0] = (*y)[0];
  type.shape[1] = (*y)[1];
  return type;
}

/// `inputs`: x, dpooled, choices.
Expected<TensorType> infer_pooled_filter(const InferenceInput &in,
                                         std::span<const TensorType> inputs) {
  if (inputs[0].shape.size() != 4) {
    return invalid("needs an image, not " + type_text(inputs[0]));
  }
  auto dy = unpooled(in.node, {}, inputs[0].shape, inputs[1], inputs[2]);
  if (!dy) {
    return dy;
  }
  const Node inner = unfused(in.node, Op::kConv2dFilterGradient);
  const TensorType plain[] = {inputs[0], *dy};
  return infer_convolution_filter_gradient({inner, plain, nullptr});
}

/// Inputs: dpooled, choices, filter.
Expected<TensorType> infer_pooled_input(const InferenceInput &in) {
  const auto sizes = ints_attribute(in.node, "sizes", {});
  const TensorType &pooled = in.inputs[0];
  if (sizes.size() != 3 || pooled.shape.size() != 4 || in.inputs[2].shape.size() != 4) {
    return invalid("needs the sizes of an image, a gradient and a filter");
  }
  const Shape x = {sizes[0], sizes[1], sizes[2], pooled.shape[3]};
  auto dy = unpooled(in.node, in.inputs[2].shape, x, pooled, in.inputs[1]);
  if (!dy) {
    return dy;
  }
  const Node inner = unfused(in.node, Op::kConv2dInputGradient);
  const TensorType plain[] = {*dy, in.inputs[2]};
  return infer_convolution_input_gradient({inner, plain, nullptr});
}

} // namespace

TensorType infer_second_type(const TensorType &first) {
  return {ElementType::kUint8, {2 * ((element_count(first.shape) + 7) / 8)}, {}};
}

Expected<TensorType> infer_fused_training(const InferenceInput &in) {
  switch (in.node.op) {
  case Op::kConv2dFilterSgd:
    return infer_filter_sgd(in, Op::kConv2dFilterGradient);
  case Op::kDepthwiseConv2dFilterSgd:
    return infer_filter_sgd(in, Op::kDepthwiseConv2dFilterGradient);
  case Op::kFullyConnectedFilterSgd:
    return infer_filter_sgd(in, Op::kFullyConnectedFilterGradient);
  default:
    break;
  }
  if (const auto legal = check_pooled_node(in.node); !legal) {
    return Failure{legal.error()};
  }
  if (const auto legal = check_window_attributes(in.node); !legal) {
    return Failure{legal.error()};
  }
  switch (in.node.op) {
  case Op::kConv2dMaxPool:
    return infer_conv2d_max_pool(in);
  case Op::kPooledConv2dInputGradient:
    return infer_pooled_input(in);
  case Op::kPooledConv2dFilterGradient:
    return infer_pooled_filter(in, in.inputs);
  default:
    return check_update(in, infer_pooled_filter(in, in.inputs.subspan(1, 3)));
  }
}

} // namespace tinyml::ir
