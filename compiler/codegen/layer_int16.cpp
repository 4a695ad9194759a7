// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/layer.hpp"

#include "compiler/ir/types.hpp"
#include "kernels/reference/sigmoid16.hpp"
#include "kernels/reference/softmax16_tables.hpp"

/// Operators on quantised int16 with int8 weights. They have plain kernels of their own; what moves
/// elements or works on one at a time shares int8's.
namespace tinyml::codegen {
namespace {

using ir::ElementType;
using ir::Op;
using kernels::Multiplier;

std::string add_array(const LayerContext &c, const std::string &what, ElementType element,
                      ir::ConstantData data, Layer &layer) {
  layer.weights.push_back({c.name + "_" + what, element, std::move(data)});
  return "weights::" + layer.weights.back().name;
}

/// The sums' type: models with 32-bit biases sum in 32 bits; convolutions without one as well.
ElementType sum_type(const LayerContext &c) {
  if (c.node.inputs.size() > 2) {
    return c.in(2).element;
  }
  return c.node.op == Op::kConv2d ? ElementType::kInt32 : ElementType::kInt64;
}

/// kernels/generic/int16_rescale.hpp
Fields rescale_fields(const LayerContext &c, Layer &layer) {
  const bool wide = sum_type(c) == ElementType::kInt64;
  std::vector<std::int32_t> values;
  std::vector<std::int8_t> shifts;
  const auto &scales = c.in(1).quantization->scales;
  auto *const multiplier = scales.size() == 1 && c.node.op == ir::Op::kFullyConnected
                               ? kernels::fully_connected_multiplier
                               : kernels::convolution_multiplier;
  for (const float scale : scales) {
    const Multiplier m = multiplier(c.scale(c.in()), scale, c.scale(c.out()));
    values.push_back(wide ? kernels::fraction16(m) : m.value);
    shifts.push_back(static_cast<std::int8_t>(m.shift));
  }
  const ir::Range range = ir::activation_range(ir::activation_of(c.node), c.out());
  const bool has_bias = c.node.inputs.size() > 2;
  Fields fields;
  fields
      .add("bias", has_bias ? add_array(c, "bias", sum_type(c), *c.input(2).constant, layer)
                            : std::string("nullptr"))
      .add("multipliers",
           add_array(c, "multipliers", ElementType::kInt32, ir::constant_data(values), layer))
      .add("shifts", add_array(c, "shifts", ElementType::kInt8, ir::constant_data(shifts), layer))
      .add("low", range.low)
      .add("high", range.high)
      .add("table_step", values.size() > 1 ? 1 : 0);
  return fields;
}

Expected<void> check_constants(const LayerContext &c) {
  for (std::size_t i = 1; i < c.node.inputs.size(); ++i) {
    if (!c.input(i).constant) {
      return c.unsupported("its weights are computed; they must be constants");
    }
  }
  return {};
}

Call product_call(const LayerContext &c, const std::string &kernel, const std::string &type,
                  Fields parameters, Layer &layer) {
  const std::string sum = "<" + cpp_type(sum_type(c)) + ">";
  return {
      kernel + sum, type + sum, std::move(parameters), {c.input_text(0, layer), c.output_text()}};
}

Expected<Layer> make_convolution16(const LayerContext &c) {
  const ir::Window window = ir::window_of(c.node, c.in(1).shape);
  const auto geometry = window_fields(c, window);
  if (!geometry) {
    return Failure{geometry.error()};
  }
  const bool depthwise = c.node.op == Op::kDepthwiseConv2d;
  const std::int64_t outputs = c.out().shape[3];
  const std::int64_t taps = window.kernel_h * window.kernel_w;
  const std::int64_t groups = depthwise ? c.in().shape[3] : ir::int_attribute(c.node, "groups", 1);
  Layer layer;
  layer.header = "conv2d_int16.hpp";
  layer.macs = static_cast<std::uint64_t>(ir::element_count(c.out().shape) * taps *
                                          (c.in().shape[3] / groups));
  const ir::ConstantData &filter = *c.input(1).constant;
  const std::string array = add_array(c, "filter", ElementType::kInt8,
                                      depthwise ? transposed(filter, static_cast<std::size_t>(taps),
                                                             static_cast<std::size_t>(outputs), 1)
                                                : filter,
                                      layer);
  Fields parameters;
  parameters.add("window", *geometry)
      .add("dilation_height", window.dilation_h)
      .add("dilation_width", window.dilation_w)
      .add("groups", groups)
      .add("filter", array)
      .add("rescale", rescale_fields(c, layer));
  layer.calls.push_back(
      product_call(c, "conv2d_int16", "Conv2dInt16", std::move(parameters), layer));
  return layer;
}

Expected<Layer> make_fully_connected16(const LayerContext &c) {
  const ir::Shape &weights = c.in(1).shape;
  const std::int64_t rows = ir::element_count(c.out().shape) / weights[0];
  Layer layer;
  layer.header = "fully_connected_int16.hpp";
  layer.macs = static_cast<std::uint64_t>(rows * weights[0] * weights[1]);
  const std::string array =
      add_array(c, "weights", ElementType::kInt8, *c.input(1).constant, layer);
  Fields parameters;
  parameters.add("rows", rows)
      .add("inputs", weights[1])
      .add("outputs", weights[0])
      .add("weights", array)
      .add("rescale", rescale_fields(c, layer));
  layer.calls.push_back(product_call(c, "fully_connected_int16", "FullyConnectedInt16",
                                     std::move(parameters), layer));
  return layer;
}

Layer make_sigmoid16(const LayerContext &c) {
  const bool is_tanh = c.node.op == Op::kTanh;
  const auto input = kernels::sigmoid_input(c.scale(c.in()), is_tanh);
  Layer layer;
  layer.header = "sigmoid_int16.hpp";
  Fields parameters;
  parameters.add("count", ir::element_count(c.out().shape))
      .add("input", Fields().add("multiplier", input.multiplier).add("shift", input.shift));
  layer.calls.push_back({is_tanh ? "tanh_int16" : "sigmoid_int16",
                         "SigmoidInt16",
                         std::move(parameters),
                         {c.input_text(0, layer), c.output_text()}});
  return layer;
}

ir::ConstantData table_data(const kernels::reference::SoftmaxTable &table) {
  return ir::constant_data(std::vector<std::int16_t>(table.begin(), table.end()));
}

Expected<Layer> make_softmax16(const LayerContext &c) {
  const ir::Shape &shape = c.in().shape;
  if (shape.empty() ||
      ir::int_attribute(c.node, "axis", 0) != static_cast<std::int64_t>(shape.size()) - 1) {
    return c.unsupported("it runs along the last axis only; the default passes bring it there");
  }
  const Multiplier multiplier =
      kernels::softmax16_multiplier(ir::double_attribute(c.node, "beta", 1), c.scale(c.in()));
  Layer layer;
  layer.header = "softmax_int16.hpp";
  Fields row;
  row.add("input", Fields().add("value", multiplier.value).add("shift", multiplier.shift))
      .add("exponentials", add_array(c, "exponentials", ElementType::kInt16,
                                     table_data(kernels::reference::softmax_exponentials()), layer))
      .add("reciprocals", add_array(c, "reciprocals", ElementType::kInt16,
                                    table_data(kernels::reference::softmax_reciprocals()), layer));
  Fields parameters;
  parameters.add("rows", ir::element_count(shape) / shape.back())
      .add("columns", shape.back())
      .add("row", row);
  layer.calls.push_back({"softmax_int16",
                         "SoftmaxInt16",
                         std::move(parameters),
                         {c.input_text(0, layer), c.output_text()}});
  return layer;
}

} // namespace

Expected<Layer> make_int16(const LayerContext &c) {
  switch (c.node.op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
  case Op::kFullyConnected:
    if (const auto constants = check_constants(c); !constants) {
      return Failure{constants.error()};
    }
    return c.node.op == Op::kFullyConnected ? make_fully_connected16(c) : make_convolution16(c);
  case Op::kMatMul:
    return make_matmul(c);
  case Op::kBinary:
    return make_binary_function(c);
  case Op::kMaxPool2d:
  case Op::kAveragePool2d:
    return make_pool(c);
  case Op::kMean:
    return make_mean(c);
  case Op::kAdd:
  case Op::kSub:
  case Op::kMul:
    return make_binary(c);
  case Op::kRelu:
  case Op::kClip:
    return make_elementwise(c);
  case Op::kSigmoid:
  case Op::kTanh:
    return make_sigmoid16(c);
  case Op::kSoftmax:
    return make_softmax16(c);
  case Op::kDequantize:
  case Op::kRequantize:
    return make_conversion(c);
  case Op::kPad:
  case Op::kReshape:
  case Op::kTranspose:
  case Op::kConcat:
    return make_movement(c);
  case Op::kSlice:
  case Op::kGather:
  case Op::kGatherElements:
  case Op::kGatherNd:
  case Op::kTile:
    return make_indexing(c);
  case Op::kReduce:
    return make_reduce(c);
  case Op::kArgReduce:
    return make_arg_reduce(c);
  case Op::kResize:
    return make_resize(c);
  default:
    return c.unsupported("it has no int16 form; see docs/ir.md");
  }
}

} // namespace tinyml::codegen
