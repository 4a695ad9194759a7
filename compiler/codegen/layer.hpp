// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/codegen/generate.hpp"
#include "compiler/codegen/pack.hpp"
#include "compiler/codegen/text.hpp"
#include "compiler/ir/attributes.hpp"

/// One operator on its way to C++: which kernel, with which parameters and weights.
namespace tinyml::codegen {

/// A constant array of weights.cpp.
struct WeightArray {
  std::string name;
  ir::ElementType element;
  ir::ConstantData data;
  int alignment = 1;        ///< of its first byte, where the element's own is not enough
  std::string same_as = {}; ///< an array of an earlier layer with this very content
};

/// One call of a kernel.
struct Call {
  std::string function; ///< in kernels::generic
  std::string type;     ///< of its parameters, in kernels::generic
  Fields parameters;
  std::vector<std::string> arguments;
  /// The kernel takes any type that converts to its parameters, see PerLayer in per_layer.hpp.
  bool folds_parameters = true;
  /// The kernel takes such a type only, whatever the module's instantiation.
  bool always_folds = false;
};

struct Layer {
  std::string header; ///< of kernels/generic; empty when nothing is to be done
  std::vector<Call> calls;
  std::vector<WeightArray> weights;
  std::uint64_t macs = 0;
};

/// A node with all it needs to become a layer.
struct LayerContext {
  const ir::Graph &graph;
  const plan::MemoryPlan &plan;
  const ir::Node &node;
  Packing packing;
  std::string name; ///< identifier that begins the names of its constants
  /// Some convolution of the module has scales of 1/2 and more: then all of them take the
  /// arithmetic for these, so that their kernel is there once.
  bool wide_scales = false;

  [[nodiscard]] const ir::Value &input(std::size_t i) const { return graph.values[node.inputs[i]]; }
  [[nodiscard]] const ir::TensorType &in(std::size_t i = 0) const { return input(i).type; }
  [[nodiscard]] const ir::TensorType &out() const { return graph.values[node.outputs[0]].type; }
  [[nodiscard]] bool is_int8() const { return in().element == ir::ElementType::kInt8; }
  /// int16 that stands for real numbers; without a quantisation they are plain integers.
  [[nodiscard]] bool is_int16() const {
    return in().element == ir::ElementType::kInt16 && in().quantization.has_value();
  }
  [[nodiscard]] float scale(const ir::TensorType &type) const {
    return type.quantization->scales[0];
  }
  [[nodiscard]] std::int32_t zero_point(const ir::TensorType &type) const {
    return type.quantization->zero_points[0];
  }

  /// "at<float>(128)"
  [[nodiscard]] std::string output_text(std::size_t element_offset = 0) const;
  [[nodiscard]] std::string second_output_text() const;
  /// The same for an input, or the name of an array that is added to `layer` when it is a constant.
  [[nodiscard]] std::string input_text(std::size_t i, Layer &layer) const;
  /// "variable<float>(128)": an input that is a variable.
  [[nodiscard]] std::string variable_text(std::size_t i) const;
  /// How the input is stored, when it is a variable.
  [[nodiscard]] std::optional<plan::VariableStorage> storage_of(std::size_t i) const;
  /// Rows of the first input that a window with a negative pad at the top leaves out: kernels get
  /// the rest as their image.
  [[nodiscard]] std::int64_t skipped_rows() const;
  /// The node's working memory, or nullptr.
  [[nodiscard]] std::string scratch_text() const;

  /// "state<float>(16)": the i-th array that the node keeps between inferences.
  [[nodiscard]] std::string state_text(std::size_t i) const;

  /// An error that names operator and node.
  [[nodiscard]] Failure<HostError> unsupported(const std::string &why) const;
};

/// Families of operators. Each checks what its kernel cannot do.
[[nodiscard]] Expected<Layer> make_convolution(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_fully_connected(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_matmul(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_pool(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_mean(const LayerContext &context);
/// A float mean over axes that are not neighbours.
[[nodiscard]] Layer make_scattered_mean(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_binary(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_elementwise(const LayerContext &context);
/// A function of one int8 element, whatever it is.
[[nodiscard]] Expected<Layer> make_lookup(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_softmax(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_conversion(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_movement(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_function(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_binary_function(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_indexing(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_reduce(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_arg_reduce(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_resize(const LayerContext &context);
[[nodiscard]] Expected<Layer> make_transpose_convolution(const LayerContext &context);

/// Operators with the batch innermost, gradients, losses and updates.
[[nodiscard]] Expected<Layer> make_training(const LayerContext &context);
[[nodiscard]] bool is_training_layer(const ir::Node &node);
/// A sum over all axes but one, as the gradient of a bias is.
[[nodiscard]] std::optional<Layer> make_bias_gradient(const LayerContext &context);
/// Square roots without the library's, which differ from processor to processor.
[[nodiscard]] std::optional<Layer> make_training_root(const LayerContext &context);
/// The gradient in front of a rectifier.
[[nodiscard]] std::optional<Layer> make_relu_gradient(const LayerContext &context);

[[nodiscard]] Expected<Layer> make_recurrent(const LayerContext &context);
/// Everything that computes with quantised int16.
[[nodiscard]] Expected<Layer> make_int16(const LayerContext &context);

/// Any operator; also checks that the element types are ones we have kernels for.
[[nodiscard]] Expected<Layer> make_layer(const LayerContext &context);

/// Geometry of kernels/generic/window.hpp.
[[nodiscard]] Expected<Fields> window_fields(const LayerContext &context, const ir::Window &window);
/// The same for shapes that are not the node's own.
[[nodiscard]] Expected<Fields> window_fields(const LayerContext &context, const ir::Shape &in,
                                             const ir::Shape &out, const ir::Window &window);

/// Clamp of a float activation; infinite where there is none.
struct FloatRange {
  float low;
  float high;
};
[[nodiscard]] FloatRange float_range(ir::Activation activation);

} // namespace tinyml::codegen
