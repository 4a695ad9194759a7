// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/infer.hpp"
#include "compiler/ir/variables.hpp"

#include <algorithm>

namespace tinyml::ir {
namespace {

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

bool is_matrix(const TensorType &type) {
  return type.element == ElementType::kFloat32 && type.shape.size() == 2;
}

/// Which axis of a matrix of activations is the batch and which the features.
struct MatrixAxes {
  std::size_t batch, features;
};
MatrixAxes matrix_axes(const Node &node) {
  return layout_of(node) == Layout::kHwcn ? MatrixAxes{1, 0} : MatrixAxes{0, 1};
}

Expected<TensorType> infer_dense_gradient(const InferenceInput &in) {
  const TensorType &first = in.inputs[0];
  const TensorType &second = in.inputs[1];
  if (!is_matrix(first) || !is_matrix(second)) {
    return invalid("needs two float32 matrices, not " + type_text(first) + " and " +
                   type_text(second));
  }
  const MatrixAxes axes = matrix_axes(in.node);
  const bool filter = in.node.op == Op::kFullyConnectedFilterGradient;
  const bool fits = filter ? first.shape[axes.batch] == second.shape[axes.batch]
                           : first.shape[axes.features] == second.shape[0];
  if (!fits) {
    return invalid("cannot combine " + type_text(first) + " and " + type_text(second));
  }
  if (filter) {
    return TensorType{
        ElementType::kFloat32, {second.shape[axes.features], first.shape[axes.features]}, {}};
  }
  Shape shape = first.shape;
  shape[axes.features] = second.shape[1];
  return TensorType{ElementType::kFloat32, shape, {}};
}

Expected<TensorType> infer_cross_entropy(const InferenceInput &in) {
  const TensorType &logits = in.inputs[0];
  const TensorType &labels = in.inputs[1];
  if (!is_matrix(logits)) {
    return invalid("needs a float32 matrix of logits, not " + type_text(logits));
  }
  const Shape batch = {logits.shape[matrix_axes(in.node).batch]};
  if (labels.element != ElementType::kInt32 || labels.shape != batch) {
    return invalid("needs a label for each sample, i32" + shape_text(batch) + ", not " +
                   type_text(labels));
  }
  return in.node.op == Op::kSoftmaxCrossEntropy ? TensorType{ElementType::kFloat32, batch, {}}
                                                : logits;
}

/// Everything but the rate is like the variable.
Expected<TensorType> infer_update(const InferenceInput &in) {
  const TensorType &variable = in.inputs[0];
  const auto like_variable = [&](const TensorType &type) { return type == variable; };
  if (variable.element != ElementType::kFloat32 ||
      !std::all_of(in.inputs.begin(), in.inputs.end() - 1, like_variable)) {
    return invalid("needs a float32 variable and tensors like it");
  }
  if (in.inputs.back() != TensorType{ElementType::kFloat32, {1}, {}}) {
    return invalid("needs a rate f32[1], not " + type_text(in.inputs.back()));
  }
  return variable;
}

} // namespace

Expected<TensorType> infer_training(const InferenceInput &in) {
  const std::string layout = text_attribute(in.node, "layout", "NHWC");
  if (layout != "NHWC" && layout != "HWCN") {
    return invalid("layout must be NHWC or HWCN, not '" + layout + "'");
  }
  switch (in.node.op) {
  case Op::kFullyConnectedInputGradient:
  case Op::kFullyConnectedFilterGradient:
    return infer_dense_gradient(in);
  case Op::kSoftmaxCrossEntropy:
  case Op::kSoftmaxCrossEntropyGradient:
    return infer_cross_entropy(in);
  default:
    return infer_update(in);
  }
}

} // namespace tinyml::ir
