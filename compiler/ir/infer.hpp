// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/attributes.hpp"

#include <span>

/// Shape inference: what an operator makes of its inputs, or why it cannot take them. The one place
/// where shapes, element types and attribute values of nodes are judged.
namespace tinyml::ir {

/// Attribute values beyond this are hostile; with it no sum of shapes and attributes can overflow.
inline constexpr std::int64_t kMaxAttribute = 1 << 24;

struct InferenceInput {
  const Node &node;
  std::span<const TensorType> inputs;
  const TensorType *declared; ///< the output's type where the source told it; may be null
};

/// Element type and shape of the node's single output. Its quantisation is the input's where
/// docs/ir.md says "like input", else the declared one.
[[nodiscard]] Expected<TensorType> infer_type(const InferenceInput &in);

/// Families of infer_type; each looks only at nodes it knows.
[[nodiscard]] Expected<TensorType> infer_convolution(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_pool(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_product(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_elementwise(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_data_movement(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_conversion(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_lookup(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_recurrent(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_transpose_convolution(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_function(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_indexing(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_mean(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_reduce(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_arg_reduce(const InferenceInput &in);

/// Gradients of windows; layouts NHWC and HWCN.
[[nodiscard]] Expected<TensorType> infer_convolution_input_gradient(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_convolution_filter_gradient(const InferenceInput &in);
[[nodiscard]] Expected<TensorType> infer_pool_gradient(const InferenceInput &in);
/// Other operators of training steps: products' gradients, losses, updates of variables.
[[nodiscard]] Expected<TensorType> infer_training(const InferenceInput &in);

/// What several of them became.
[[nodiscard]] Expected<TensorType> infer_fused_training(const InferenceInput &in);
/// The second output of an operator that has two and whose first one is `first`.
[[nodiscard]] TensorType infer_second_type(const TensorType &first);

/// Numpy broadcasting of two shapes.
[[nodiscard]] Expected<Shape> broadcast(const Shape &a, const Shape &b);

} // namespace tinyml::ir
