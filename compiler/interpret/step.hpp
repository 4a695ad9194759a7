// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/attributes.hpp"
#include "compiler/ir/state.hpp"
#include "kernels/reference/shapes.hpp"

#include <functional>

/// How one node becomes a function without arguments that computes it.
namespace tinyml::interpret {

using Step = std::function<void()>;

/// What nodes remember: the arrays of ir::state_of.
struct StateArray {
  ir::StatePart part;
  std::vector<std::uint8_t> bytes;
};

/// A node with its types and the places of its data; all of them outlive the step.
struct StepContext {
  const ir::Graph &graph;
  const ir::Node &node;
  std::vector<std::vector<std::uint8_t>> &buffers;
  std::vector<StateArray> &states; ///< of this node; a step keeps no pointer to their elements

  [[nodiscard]] const ir::TensorType &in_type(std::size_t i) const {
    return graph.values[node.inputs[i]].type;
  }
  [[nodiscard]] const ir::TensorType &out_type() const {
    return graph.values[node.outputs[0]].type;
  }
  [[nodiscard]] bool is_int8() const { return in_type(0).element == ir::ElementType::kInt8; }
  [[nodiscard]] std::int64_t count() const { return ir::element_count(out_type().shape); }

  /// int16 that stands for real numbers; without a quantisation they are plain integers.
  [[nodiscard]] bool is_int16() const {
    return in_type(0).element == ir::ElementType::kInt16 && in_type(0).quantization.has_value();
  }

  template <typename T> [[nodiscard]] const T *in(std::size_t i) const {
    return i < node.inputs.size() ? reinterpret_cast<const T *>(buffers[node.inputs[i]].data())
                                  : nullptr;
  }
  template <typename T> [[nodiscard]] T *state(std::size_t i) const {
    return reinterpret_cast<T *>(states[i].bytes.data());
  }
  template <typename T> [[nodiscard]] T *out() const {
    return reinterpret_cast<T *>(buffers[node.outputs[0]].data());
  }
  [[nodiscard]] float scale(const ir::TensorType &type) const {
    return type.quantization->scales[0];
  }
  [[nodiscard]] std::int32_t zero(const ir::TensorType &type) const {
    return type.quantization->zero_points[0];
  }
};

[[nodiscard]] kernels::reference::FloatClamp float_clamp(ir::Activation activation);

/// Families; each makes steps for the operators it knows.
[[nodiscard]] Expected<Step> make_step(const StepContext &context);
[[nodiscard]] Expected<Step> make_convolution(const StepContext &context);
[[nodiscard]] Expected<Step> make_pool(const StepContext &context);
[[nodiscard]] Step make_fully_connected(const StepContext &context);
[[nodiscard]] Step make_int16_product(const StepContext &context);
[[nodiscard]] Step make_matmul(const StepContext &context);
[[nodiscard]] Expected<Step> make_elementwise(const StepContext &context);
[[nodiscard]] Expected<Step> make_movement(const StepContext &context);
[[nodiscard]] Expected<Step> make_recurrent(const StepContext &context);
/// Everything that computes with quantised int16.
[[nodiscard]] Expected<Step> make_int16(const StepContext &context);
[[nodiscard]] Expected<Step> make_function(const StepContext &context);
[[nodiscard]] Expected<Step> make_indexing(const StepContext &context);
[[nodiscard]] Expected<Step> make_reduce(const StepContext &context);
[[nodiscard]] Expected<Step> make_resize(const StepContext &context);
[[nodiscard]] Expected<Step> make_transpose_convolution(const StepContext &context);

/// Gradients, losses and updates.
[[nodiscard]] Expected<Step> make_training(const StepContext &context);
/// What several of those became (compiler/autodiff/fuse.hpp).
[[nodiscard]] Expected<Step> make_fused_training(const StepContext &context);
/// Any operator with layout HWCN.
[[nodiscard]] Expected<Step> make_batch_innermost(const StepContext &context);

/// `binary`, and the arithmetic of integers that mean themselves.
[[nodiscard]] Expected<Step> make_binary_function(const StepContext &context);

/// The error for an operator that has no int8 form.
[[nodiscard]] Failure<HostError> float_only(const ir::Node &node);

} // namespace tinyml::interpret
