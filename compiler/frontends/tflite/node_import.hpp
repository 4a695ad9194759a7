// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/frontends/tflite/tensors.hpp"

#include <string_view>

namespace tinyml::tflite {

/// What grows while operators are imported one after the other.
struct ModelState {
  ModelState(const schema::Model &model, const schema::SubGraph &main)
      : file(model), subgraph(main), tensors(model), values(tensors.count(), ir::kNoValue) {}

  const schema::Model &file;
  const schema::SubGraph &subgraph;
  Tensors tensors;
  ir::Graph graph;
  std::vector<ir::ValueId> values; ///< by tensor; kNoValue until it is made or read
};

/// One operator on its way into the graph. The first error sticks; after it every question gets a
/// harmless answer (kNoValue, a default, an empty shape) and nothing is added any more, so
/// converters ask in a row and look at `ok()` before they use shapes.
class NodeImport {
public:
  NodeImport(ModelState &state, std::size_t index, const schema::Operator &node,
             std::string_view operator_name, std::string_view function = "");

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  [[nodiscard]] const HostError &error() const { return *error_; }
  void invalid(const std::string &message) { fail_with(ErrorCode::kInvalidInput, message); }
  void unsupported(const std::string &message) { fail_with(ErrorCode::kUnsupported, message); }

  [[nodiscard]] const std::string &name() const { return name_; }
  /// Which of the operators that share a converter.
  [[nodiscard]] std::string_view function() const { return function_; }
  [[nodiscard]] ir::Graph &graph() { return state_.graph; }

  /// Inputs. An optional one is left out by -1 or by ending early.
  [[nodiscard]] int input_count() const;
  [[nodiscard]] bool has_input(int index) const;
  [[nodiscard]] ir::ValueId input(int index);
  /// The type of an input that the operator keeps for itself from one inference to the next.
  [[nodiscard]] ir::TensorType variable(int index);
  [[nodiscard]] const ir::Value &value(ir::ValueId id) const;
  [[nodiscard]] const ir::Shape &shape(ir::ValueId id) const { return value(id).type.shape; }
  [[nodiscard]] ir::ElementType element(ir::ValueId id) const { return value(id).type.element; }
  [[nodiscard]] bool is_float(ir::ValueId id) const {
    return element(id) == ir::ElementType::kFloat32;
  }
  [[nodiscard]] bool is_constant(ir::ValueId id) const { return value(id).constant.has_value(); }

  /// The numbers of a constant input; `what` is for the message when it is not constant.
  [[nodiscard]] std::vector<std::int64_t> constant_ints(int index, std::string_view what);

  /// The operator's options; an empty table's defaults, and an error, when they are missing.
  template <typename Options> [[nodiscard]] const Options &options() {
    const Options *given = optional_options<Options>();
    if (given == nullptr) {
      invalid("lacks its options");
    }
    return given != nullptr ? *given : empty_options<Options>();
  }
  /// The same for options that may be left out.
  template <typename Options> [[nodiscard]] const Options *optional_options() const {
    return node_.options_type() == schema::BuiltinOptionsTraits<Options>::enum_value
               ? static_cast<const Options *>(node_.options())
               : nullptr;
  }

  /// An axis counted from the back when negative; 0 after an error.
  [[nodiscard]] std::size_t axis(std::int64_t given, std::size_t rank);

  [[nodiscard]] int output_count() const;
  /// What the model says of an output.
  [[nodiscard]] ir::TensorType declared(int index = 0);

  /// Adds an operator; its result is not yet a result of the model's. Element type and quantisation
  /// come from `like` where the operator leaves them open.
  ir::ValueId emit(ir::Op op, std::vector<ir::ValueId> inputs, ir::Attributes attributes = {},
                   std::optional<ir::TensorType> like = {});
  ir::ValueId reshape(ir::ValueId x, ir::Shape shape);

  /// Gives an output its value, which must have the type that the model declares for it. The value
  /// takes the tensor's name if it was made here.
  void define(int index, ir::ValueId id);

  /// emit and define for operators with one output.
  void produce(ir::Op op, std::vector<ir::ValueId> inputs, ir::Attributes attributes = {}) {
    define(0, emit(op, std::move(inputs), std::move(attributes), declared()));
  }

private:
  void fail_with(ErrorCode code, const std::string &message);
  void check_declared(std::size_t tensor, const ir::TensorType &made);
  template <typename Options> static const Options &empty_options() {
    static const flatbuffers::DetachedBuffer empty = [] {
      flatbuffers::FlatBufferBuilder builder;
      builder.Finish(flatbuffers::Offset<Options>(builder.EndTable(builder.StartTable())));
      return builder.Release();
    }();
    return *flatbuffers::GetRoot<Options>(empty.data());
  }

  ModelState &state_;
  const schema::Operator &node_;
  std::size_t index_;
  std::string_view operator_name_, function_;
  std::string name_;
  std::size_t first_own_value_;
  std::optional<HostError> error_;
};

using Converter = void (*)(NodeImport &);

/// What imports an operator.
struct Registered {
  schema::BuiltinOperator code;
  Converter convert;
  std::string_view function = ""; ///< of those converters that serve several operators
};

/// Null when the operator is not supported.
[[nodiscard]] const Registered *find_operator(schema::BuiltinOperator code);

// Sorted; the files are by family.
void convert_add(NodeImport &n);
void convert_add_n(NodeImport &n);
void convert_arg(NodeImport &n);
void convert_average_pool_2d(NodeImport &n);
void convert_batch_matmul(NodeImport &n);
void convert_binary(NodeImport &n);
void convert_broadcast_to(NodeImport &n);
void convert_cast(NodeImport &n);
void convert_concatenation(NodeImport &n);
void convert_conv_2d(NodeImport &n);
void convert_depth_to_space(NodeImport &n);
void convert_depthwise_conv_2d(NodeImport &n);
void convert_dequantize(NodeImport &n);
void convert_div(NodeImport &n);
void convert_elu(NodeImport &n);
void convert_embedding_lookup(NodeImport &n);
void convert_fill(NodeImport &n);
void convert_fully_connected(NodeImport &n);
void convert_gather(NodeImport &n);
void convert_gather_nd(NodeImport &n);
void convert_gelu(NodeImport &n);
void convert_l2_normalization(NodeImport &n);
void convert_leaky_relu(NodeImport &n);
void convert_log_softmax(NodeImport &n);
void convert_logistic(NodeImport &n);
void convert_lstm(NodeImport &n);
void convert_max_pool_2d(NodeImport &n);
void convert_mean(NodeImport &n);
void convert_mirror_pad(NodeImport &n);
void convert_mul(NodeImport &n);
void convert_pack(NodeImport &n);
void convert_pad(NodeImport &n);
void convert_quantize(NodeImport &n);
void convert_reduce(NodeImport &n);
void convert_relu(NodeImport &n);
void convert_relu6(NodeImport &n);
void convert_relu_n1_to_1(NodeImport &n);
void convert_reshape(NodeImport &n);
void convert_resize_bilinear(NodeImport &n);
void convert_resize_nearest_neighbor(NodeImport &n);
void convert_reverse(NodeImport &n);
void convert_select(NodeImport &n);
void convert_shape(NodeImport &n);
void convert_slice(NodeImport &n);
void convert_softmax(NodeImport &n);
void convert_space_to_depth(NodeImport &n);
void convert_split(NodeImport &n);
void convert_split_v(NodeImport &n);
void convert_strided_slice(NodeImport &n);
void convert_sub(NodeImport &n);
void convert_svdf(NodeImport &n);
void convert_tanh(NodeImport &n);
void convert_tile(NodeImport &n);
void convert_transpose(NodeImport &n);
void convert_transpose_conv(NodeImport &n);
void convert_unary(NodeImport &n);
void convert_unpack(NodeImport &n);

/// Whether integer operands can be compared and moved as they are: all have the result's scale.
/// An error where they do not.
[[nodiscard]] bool has_one_scale(NodeImport &n, const std::vector<ir::ValueId> &operands,
                                 const ir::TensorType &result);

/// A layer's weights in the data's arithmetic: integer weights of a float layer are dequantised.
/// kNoValue, and an error, when they are not constant.
[[nodiscard]] ir::ValueId read_weights(NodeImport &n, int index, ir::ValueId x);

/// Adds the layer's bias to its inputs, if it has one. A quantised bias gets the scale that the
/// kernels take it to have: input scale * weight scale.
void add_bias(NodeImport &n, int index, std::vector<ir::ValueId> &inputs);

/// Operator, and behind it what the fused activation asks for and the operator cannot do itself.
ir::ValueId emit_activated(NodeImport &n, ir::Op op, std::vector<ir::ValueId> inputs,
                           ir::Attributes attributes, schema::Activation activation);

/// The window's strides and pads; `kernel` is its size with dilation.
struct Window {
  std::int64_t stride_h, stride_w, kernel_h, kernel_w;
};
[[nodiscard]] ir::Attributes window_attributes(NodeImport &n, const ir::Shape &image,
                                               schema::Padding padding, const Window &window);

} // namespace tinyml::tflite
