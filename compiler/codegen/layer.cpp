// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/layer.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/operators.hpp"
#include "compiler/ir/quantization_rules.hpp"
#include "compiler/ir/types.hpp"

#include <algorithm>

namespace tinyml::codegen {
namespace {

using ir::ElementType;
using ir::Op;

/// int8 tensors must say what they mean; the kernels know per-tensor scales of activations only.
Expected<void> check_quantization(const LayerContext &c, const ir::Value &value) {
  if (value.type.element != ElementType::kInt8 && value.type.element != ElementType::kInt16) {
    return {};
  }
  const auto &q = value.type.quantization;
  if (!q || q->scales.empty() || q->scales.size() != q->zero_points.size()) {
    return c.unsupported("the " + ir::type_text(value.type) + " '" + value.name +
                         "' has no quantisation");
  }
  if (!value.constant && q->scales.size() != 1) {
    return c.unsupported("the activation '" + value.name + "' has more than one scale");
  }
  return {};
}

Expected<void> check_types(const LayerContext &c) {
  std::vector<ir::ValueId> values = c.node.inputs;
  values.insert(values.end(), c.node.outputs.begin(), c.node.outputs.end());
  std::vector<ir::TensorType> inputs;
  for (const ir::ValueId id : c.node.inputs) {
    inputs.push_back(c.graph.values[id].type);
  }
  if (ir::takes_plain_integers(c.node, inputs)) {
    return {};
  }
  for (const ir::ValueId id : values) {
    if (auto quantized = check_quantization(c, c.graph.values[id]); !quantized) {
      return quantized;
    }
  }
  return {};
}

/// Only the kernels of training read parameters that are stored as float16.
Expected<void> check_storage(const LayerContext &c) {
  for (std::size_t i = 0; i < c.node.inputs.size(); ++i) {
    if (c.storage_of(i) == plan::VariableStorage::kFloat16 && !is_training_layer(c.node)) {
      return c.unsupported("it reads '" + c.input(i).name +
                           "', which is stored as float16; store it as float32");
    }
  }
  return {};
}

Expected<Layer> make_layer_of(const LayerContext &c) {
  if (is_training_layer(c.node)) {
    return make_training(c);
  }
  using Family = ir::OperatorFamily;
  const Family family = ir::family_of(c.node.op);
  if (family == Family::kRecurrent) {
    return make_recurrent(c);
  }
  if (c.is_int16()) {
    return make_int16(c);
  }
  switch (family) {
  case Family::kConvolution:
    return make_convolution(c);
  case Family::kTransposeConvolution:
    return make_transpose_convolution(c);
  case Family::kFullyConnected:
    return make_fully_connected(c);
  case Family::kMatMul:
    return make_matmul(c);
  case Family::kPool:
    return make_pool(c);
  case Family::kMean:
    return make_mean(c);
  case Family::kArithmetic:
    return make_binary(c);
  case Family::kActivation:
  case Family::kLookup:
    return make_elementwise(c);
  case Family::kSoftmax:
    return make_softmax(c);
  case Family::kConversion:
    return make_conversion(c);
  case Family::kMovement:
    return make_movement(c);
  case Family::kFunction:
    return make_function(c);
  case Family::kReduce:
    return make_reduce(c);
  case Family::kArgReduce:
    return make_arg_reduce(c);
  case Family::kIndexing:
    return make_indexing(c);
  case Family::kResize:
    return make_resize(c);
  case Family::kBatchNorm:
  case Family::kRecurrent: // above
  case Family::kConvolutionGradient:
  case Family::kProductGradient:
  case Family::kPoolGradient:
  case Family::kLoss:
  case Family::kUpdate:
  case Family::kFusedTraining:
    break;
  }
  return c.unsupported("it has no kernel; the default passes lower it");
}

} // namespace

std::string LayerContext::output_text(std::size_t element_offset) const {
  const ir::ValueId output = node.outputs[0];
  const std::size_t offset = plan.placements[output]->offset_bytes +
                             element_offset * ir::element_size(graph.values[output].type.element);
  return "at<" + cpp_type(graph.values[output].type.element) + ">(" + std::to_string(offset) + ")";
}

std::string LayerContext::second_output_text() const {
  const ir::ValueId output = node.outputs[1];
  return "at<" + cpp_type(graph.values[output].type.element) + ">(" +
         std::to_string(plan.placements[output]->offset_bytes) + ")";
}

std::int64_t LayerContext::skipped_rows() const {
  const bool window = node.op == Op::kConv2d || node.op == Op::kDepthwiseConv2d ||
                      node.op == Op::kMaxPool2d || node.op == Op::kAveragePool2d;
  return window ? std::max<std::int64_t>(0, -ir::window_of(node, {}).pad_top) : 0;
}

std::optional<plan::VariableStorage> LayerContext::storage_of(std::size_t i) const {
  const auto place =
      std::find_if(plan.variables.begin(), plan.variables.end(),
                   [&](const plan::VariablePlace &one) { return one.value == node.inputs[i]; });
  return place == plan.variables.end() ? std::nullopt : std::optional(place->storage);
}

std::string LayerContext::variable_text(std::size_t i) const {
  const auto place =
      std::find_if(plan.variables.begin(), plan.variables.end(),
                   [&](const plan::VariablePlace &one) { return one.value == node.inputs[i]; });
  const bool half = place->storage == plan::VariableStorage::kFloat16;
  return std::string(half ? "variable<tinyml::kernels::isa::Half>(" : "variable<float>(") +
         std::to_string(place->offset_bytes) + ")";
}

std::string LayerContext::input_text(std::size_t i, Layer &layer) const {
  const ir::Value &value = input(i);
  if (value.variable) {
    return variable_text(i);
  }
  if (value.constant) {
    const std::string array = name + "_operand" + std::to_string(i);
    layer.weights.push_back({array, value.type.element, *value.constant});
    return "weights::" + array;
  }
  std::uint64_t offset = plan.placements[node.inputs[i]]->offset_bytes;
  if (const std::int64_t skipped = i == 0 ? skipped_rows() : 0; skipped > 0) {
    offset += static_cast<std::uint64_t>(skipped) * ir::byte_size(value.type) /
              static_cast<std::uint64_t>(value.type.shape[1]);
  }
  return "at<" + cpp_type(value.type.element) + ">(" + std::to_string(offset) + ")";
}

std::string LayerContext::scratch_text() const {
  for (const plan::Scratch &scratch : plan.scratch) {
    if (&graph.nodes[scratch.node] == &node) {
      return "at<std::uint8_t>(" + std::to_string(scratch.offset_bytes) + ")";
    }
  }
  return "nullptr";
}

std::string LayerContext::state_text(std::size_t i) const {
  for (const plan::StatePlace &place : plan.states) {
    if (&graph.nodes[place.node] == &node && i-- == 0) {
      return "state<" + cpp_type(place.part.element) + ">(" + std::to_string(place.offset_bytes) +
             ")";
    }
  }
  return "nullptr";
}

Failure<HostError> LayerContext::unsupported(const std::string &why) const {
  return fail(ErrorCode::kUnsupported, ir::describe(node) + ": " + why);
}

Expected<Layer> make_layer(const LayerContext &context) {
  for (const auto check : {check_types, check_storage}) {
    if (const auto checked = check(context); !checked) {
      return Failure{checked.error()};
    }
  }
  return make_layer_of(context);
}

Expected<Fields> window_fields(const LayerContext &c, const ir::Window &window) {
  const ir::Shape &in = c.in().shape;
  const ir::Shape &out = c.out().shape;
  if (in.size() != 4 || out.size() != 4 || ir::layout_of(c.node) != ir::Layout::kNhwc) {
    return c.unsupported("the kernels take NHWC images; the default passes bring them there");
  }
  if (c.skipped_rows() == 0) {
    return window_fields(c, in, out, window);
  }
  if (in[0] != 1 || c.input(0).constant) {
    return c.unsupported("a window that leaves rows out needs one computed image");
  }
  ir::Window rest = window;
  rest.pad_top = 0;
  return window_fields(c, {1, in[1] - c.skipped_rows(), in[2], in[3]}, out, rest);
}

Expected<Fields> window_fields(const LayerContext &c, const ir::Shape &in, const ir::Shape &out,
                               const ir::Window &window) {
  const std::int64_t span_h = (window.kernel_h - 1) * window.dilation_h + 1;
  const std::int64_t span_w = (window.kernel_w - 1) * window.dilation_w + 1;
  const std::vector<std::pair<std::string, std::int64_t>> entries = {
      {"input_height", in[1]},
      {"input_width", in[2]},
      {"input_channels", in[3]},
      {"output_height", out[1]},
      {"output_width", out[2]},
      {"output_channels", out[3]},
      {"kernel_height", span_h},
      {"kernel_width", span_w},
      {"stride_height", window.stride_h},
      {"stride_width", window.stride_w},
      {"pad_top", window.pad_top},
      {"pad_left", window.pad_left},
      {"batches", in[0]}};
  Fields fields;
  for (const auto &[name, value] : entries) {
    if (value < 0 || value > UINT16_MAX) {
      return c.unsupported(name + " is " + std::to_string(value) +
                           "; the kernels take up to 65535");
    }
    fields.add(name, value);
  }
  return fields;
}

FloatRange float_range(ir::Activation activation) {
  const auto infinity = static_cast<float>(ir::kInfinity);
  switch (activation) {
  case ir::Activation::kRelu:
    return {0, infinity};
  case ir::Activation::kRelu6:
    return {0, 6};
  case ir::Activation::kNone:
    break;
  }
  return {-infinity, infinity};
}

} // namespace tinyml::codegen
