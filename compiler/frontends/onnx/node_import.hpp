// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/edit.hpp"

#include "onnx.pb.h"

#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

namespace tinyml::onnx {

/// ONNX's schema as protoc makes it; the name of the package collides with ours.
namespace schema = ::onnx;

/// What grows while nodes are imported one after the other.
struct ModelState {
  ir::Graph graph;
  std::unordered_map<std::string, ir::ValueId> values; ///< by ONNX name
  std::int64_t opset = 0;
  /// Graph inputs that no operator can take, with the reason.
  std::unordered_map<std::string, HostError> unusable;
  /// Bytes that may still be read and written to compute constants.
  std::size_t folding_bytes = std::size_t{16} << 20;
};

/// A tensor without elements: only constants of the model are, such as the `roi` of Resize.
[[nodiscard]] bool is_empty(const ir::Shape &shape);

/// One node on its way into the graph. The first error sticks; after it every question gets a
/// harmless answer (kNoValue, a default, an empty shape) and nothing is added any more, so
/// converters ask in a row and look at `ok()` before they use shapes.
class NodeImport {
public:
  NodeImport(ModelState &state, const schema::NodeProto &node);

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  [[nodiscard]] const HostError &error() const { return *error_; }
  void invalid(const std::string &message) { fail_with(ErrorCode::kInvalidInput, message); }
  void unsupported(const std::string &message) { fail_with(ErrorCode::kUnsupported, message); }

  [[nodiscard]] std::int64_t opset() const { return state_.opset; }
  [[nodiscard]] const std::string &name() const { return name_; }
  [[nodiscard]] const schema::NodeProto &proto() const { return node_; }
  [[nodiscard]] ir::Graph &graph() { return state_.graph; }

  /// Inputs. ONNX leaves an optional one out by an empty name or by ending early.
  [[nodiscard]] bool has_input(int index) const;
  [[nodiscard]] ir::ValueId input(int index);
  [[nodiscard]] const ir::Value &value(ir::ValueId id) const;
  /// A copy: adding operators moves the values.
  [[nodiscard]] ir::Shape shape(ir::ValueId id) const { return value(id).type.shape; }
  [[nodiscard]] ir::ElementType element(ir::ValueId id) const { return value(id).type.element; }
  [[nodiscard]] bool is_constant(ir::ValueId id) const { return value(id).constant.has_value(); }
  /// Optional inputs are often given as tensors without elements.
  [[nodiscard]] bool has_elements(int index);

  /// The numbers of a constant input; `what` is for the message when it is not constant.
  [[nodiscard]] std::vector<std::int64_t> constant_ints(int index, std::string_view what);
  [[nodiscard]] std::vector<float> constant_floats(int index, std::string_view what);

  /// Attributes.
  [[nodiscard]] bool has_attribute(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] const schema::AttributeProto *find(std::string_view name) const;
  [[nodiscard]] std::int64_t int_or(std::string_view name, std::int64_t otherwise);
  [[nodiscard]] float float_or(std::string_view name, float otherwise);
  [[nodiscard]] std::string text_or(std::string_view name, std::string_view otherwise);
  [[nodiscard]] std::vector<std::int64_t> ints_or(std::string_view name,
                                                  std::vector<std::int64_t> otherwise);

  /// An axis counted from the back when negative; 0 after an error. `rank` itself is legal only
  /// where the operator says so.
  [[nodiscard]] std::size_t axis(std::int64_t given, std::size_t rank, bool end_allowed = false);

  /// Adds an operator; its result is not yet a result of the ONNX node.
  ir::ValueId emit(ir::Op op, std::vector<ir::ValueId> inputs, ir::Attributes attributes = {},
                   std::optional<ir::TensorType> declared = {});
  ir::ValueId constant(const ir::Shape &shape, ir::ElementType element, ir::ConstantData data);
  ir::ValueId reshape(ir::ValueId x, ir::Shape shape);
  ir::ValueId transpose(ir::ValueId x, std::vector<std::int64_t> permutation);

  /// Gives the ONNX node's output its value. The value takes the output's name if it was made here.
  void define(int index, ir::ValueId id);

  /// Refuses nodes that use more outputs than `count`.
  void expect_outputs(int count);

private:
  [[nodiscard]] bool reads_nothing(const std::vector<ir::ValueId> &inputs);
  void fold_last_node();
  void fail_with(ErrorCode code, const std::string &message);
  [[nodiscard]] const schema::AttributeProto *
  find_typed(std::string_view name, schema::AttributeProto::AttributeType type);

  ModelState &state_;
  const schema::NodeProto &node_;
  std::string name_;
  std::size_t first_own_value_;
  std::optional<HostError> error_;
};

/// "node 'conv7'"
[[nodiscard]] std::string node_label(const schema::NodeProto &node);

/// A constant's type and data, checked against each other.
[[nodiscard]] Expected<ir::Value> read_tensor(const schema::TensorProto &tensor);

/// Element type by ONNX's number, where we have it.
[[nodiscard]] std::optional<ir::ElementType> element_type(std::int32_t onnx_type);

/// What an attribute's number for element types means, for messages: "float16".
[[nodiscard]] std::string element_type_name(std::int32_t onnx_type);

using Converter = void (*)(NodeImport &);

/// How an operator of ONNX's own domain is imported.
struct Operator {
  std::string_view name;
  Converter convert;
  std::int64_t oldest_opset; ///< whose meaning of the operator the converter knows
};

/// Null when there is no such operator.
[[nodiscard]] const Operator *find_operator(std::string_view op_type);

/// The operators of a family, sorted in no order; `registry.cpp` joins them.
[[nodiscard]] std::span<const Operator> layer_operators();
[[nodiscard]] std::span<const Operator> unary_operators();
[[nodiscard]] std::span<const Operator> binary_operators();
[[nodiscard]] std::span<const Operator> reduce_operators();
[[nodiscard]] std::span<const Operator> normalization_operators();
[[nodiscard]] std::span<const Operator> indexing_operators();
[[nodiscard]] std::span<const Operator> shape_operators();
[[nodiscard]] std::span<const Operator> recurrent_operators();
[[nodiscard]] std::span<const Operator> quantized_operators();
[[nodiscard]] std::span<const Operator> loss_operators();

// Converters of layers; see the file of that name.
void convert_max_pool(NodeImport &n);
void convert_average_pool(NodeImport &n);
void convert_global_average_pool(NodeImport &n);
void convert_gemm(NodeImport &n);
void convert_matmul(NodeImport &n);
void convert_pad(NodeImport &n);
void convert_resize(NodeImport &n);
void convert_upsample(NodeImport &n);

/// Lines (N, C, W) are worked on as images of height 1.
[[nodiscard]] bool is_line(const ir::Shape &image);
[[nodiscard]] ir::ValueId as_image(NodeImport &n, ir::ValueId x);
[[nodiscard]] ir::ValueId as_line(NodeImport &n, ir::ValueId image, bool line);

/// A window's attributes as ONNX gives them; shared by convolutions and pools.
struct WindowAttributes {
  std::vector<std::int64_t> kernel, strides, dilations;
  std::vector<std::int64_t> pads; ///< top, left, bottom, right
};

/// Reads strides, dilations, pads and auto_pad for an image of the given height and width.
[[nodiscard]] WindowAttributes read_window(NodeImport &n, const ir::Shape &image,
                                           std::vector<std::int64_t> kernel);

} // namespace tinyml::onnx
