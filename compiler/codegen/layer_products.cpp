// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/layer.hpp"

#include "compiler/ir/types.hpp"
#include "kernels/reference/requantize.hpp"

#include <algorithm>

/// Convolutions, fully connected layers and matrix products.
namespace tinyml::codegen {
namespace {

using ir::ElementType;
using kernels::Multiplier;

std::size_t size(std::int64_t dim) { return static_cast<std::size_t>(dim); }

/// One entry an output channel, or a single one when all are equal.
Expected<std::vector<Multiplier>> multipliers_of(const LayerContext &c, std::int64_t outputs) {
  const ir::Quantization &filter = *c.in(1).quantization;
  if (filter.scales.size() != 1 && filter.scales.size() != size(outputs)) {
    return c.unsupported("the weights have " + std::to_string(filter.scales.size()) +
                         " scales for " + std::to_string(outputs) + " output channels");
  }
  if (std::any_of(filter.zero_points.begin(), filter.zero_points.end(),
                  [](std::int32_t zero) { return zero != 0; })) {
    return c.unsupported("the weights have a zero point other than 0");
  }
  std::vector<Multiplier> multipliers;
  for (const float scale : filter.scales) {
    multipliers.push_back(
        kernels::convolution_multiplier(c.scale(c.in()), scale, c.scale(c.out())));
    if (multipliers.back().shift > 30) {
      return c.unsupported("the output's scale is too small for its inputs' scales");
    }
  }
  if (std::equal(multipliers.begin() + 1, multipliers.end(), multipliers.begin())) {
    multipliers.resize(1);
  }
  return multipliers;
}

/// The bias as its own array; zeros where the model has none.
std::string add_bias(const LayerContext &c, std::int64_t outputs, Layer &layer) {
  const ElementType element = c.is_int8() ? ElementType::kInt32 : ElementType::kFloat32;
  const std::string name = c.name + "_bias";
  layer.weights.push_back({name, element,
                           c.node.inputs.size() > 2
                               ? *c.input(2).constant
                               : ir::ConstantData(size(outputs) * ir::element_size(element), 0)});
  return "weights::" + name;
}

void add_tables(const LayerContext &c, const std::vector<Multiplier> &multipliers, Layer &layer) {
  std::vector<std::int32_t> values;
  std::vector<std::int8_t> shifts;
  for (const Multiplier &multiplier : multipliers) {
    values.push_back(multiplier.value);
    shifts.push_back(static_cast<std::int8_t>(multiplier.shift));
  }
  layer.weights.push_back(
      {c.name + "_multipliers", ElementType::kInt32, ir::constant_data(values)});
  layer.weights.push_back({c.name + "_shifts", ElementType::kInt8, ir::constant_data(shifts)});
}

/// kernels/generic/arithmetic.hpp
Expected<Fields> arithmetic_fields(const LayerContext &c, std::int64_t outputs, Layer &layer) {
  Fields fields;
  fields.add("bias", add_bias(c, outputs, layer));
  const ir::Activation activation = ir::activation_of(c.node);
  if (!c.is_int8()) {
    const FloatRange range = float_range(activation);
    return fields.add_float("low", range.low).add_float("high", range.high);
  }
  const auto multipliers = multipliers_of(c, outputs);
  if (!multipliers) {
    return Failure{multipliers.error()};
  }
  add_tables(c, *multipliers, layer);
  const ir::Range range = ir::activation_range(activation, *c.out().quantization);
  return fields.add("multipliers", "weights::" + c.name + "_multipliers")
      .add("shifts", "weights::" + c.name + "_shifts")
      .add("input_offset", -c.zero_point(c.in()))
      .add("output_zero_point", c.zero_point(c.out()))
      .add("low", range.low)
      .add("high", range.high)
      .add("table_step", multipliers->size() > 1 ? 1 : 0);
}

/// Weights and bias must be known now, and of the types that belong together.
Expected<void> check_constants(const LayerContext &c) {
  for (std::size_t i = 1; i < c.node.inputs.size(); ++i) {
    if (!c.input(i).constant) {
      return c.unsupported("its weights are computed; they must be constants");
    }
  }
  const bool typed =
      c.in(1).element == c.in().element && c.out().element == c.in().element &&
      (c.node.inputs.size() < 3 || (c.in(2).element == ElementType::kInt32) == c.is_int8());
  return typed ? Expected<void>{} : c.unsupported("input, weights, bias and output do not match");
}

/// A convolution brought to one of the three kernels.
struct Filter {
  enum class Kernel : std::uint8_t { kDense, kSparse, kDepthwise } kernel = Kernel::kDense;
  std::int64_t groups = 1;
  ir::ConstantData packed;
};

Filter pack_filter(const LayerContext &c, const ir::Window &window) {
  const ir::Value &filter = c.input(1);
  const std::size_t element = ir::element_size(filter.type.element);
  const std::int64_t inputs = c.in().shape[3];
  const std::int64_t outputs = c.out().shape[3];
  const std::size_t taps = size(window.kernel_h * window.kernel_w);
  const bool dilated = window.dilation_h != 1 || window.dilation_w != 1;
  const bool depthwise = c.node.op == ir::Op::kDepthwiseConv2d;
  if (depthwise && inputs == outputs && !dilated) {
    return {Filter::Kernel::kDepthwise, 1,
            pack_depthwise(*filter.constant, taps, size(outputs), element, c.packing)};
  }
  const std::int64_t groups = depthwise ? inputs : ir::int_attribute(c.node, "groups", 1);
  const ir::ConstantData rows =
      depthwise ? transposed(*filter.constant, taps, size(outputs), element) : *filter.constant;
  const DenseWeights shape = {size(groups), size(outputs / groups), taps * size(inputs / groups)};
  return {groups == 1 && !dilated ? Filter::Kernel::kDense : Filter::Kernel::kSparse, groups,
          pack_dense(rows, shape, element, c.packing)};
}

std::uint64_t convolution_macs(const LayerContext &c, const ir::Window &window) {
  const std::int64_t depth = c.node.op == ir::Op::kDepthwiseConv2d ? 1 : c.in(1).shape[3];
  return static_cast<std::uint64_t>(ir::element_count(c.out().shape) * window.kernel_h *
                                    window.kernel_w * depth);
}

Call call_of(const LayerContext &c, const Filter &filter, Fields parameters, Layer &layer) {
  const std::string element = "<" + cpp_type(c.in().element) + ">";
  const std::vector<std::string> arguments = {c.input_text(0, layer), c.output_text()};
  switch (filter.kernel) {
  case Filter::Kernel::kDepthwise:
    layer.header = "depthwise_conv2d.hpp";
    return {"depthwise_conv2d", "DepthwiseConv2d" + element, std::move(parameters), arguments};
  case Filter::Kernel::kSparse:
    layer.header = "conv2d_sparse.hpp";
    return {"conv2d_sparse", "Conv2dSparse" + element, std::move(parameters), arguments};
  case Filter::Kernel::kDense:
    break;
  }
  layer.header = "conv2d.hpp";
  return {"conv2d", "Conv2d" + element, std::move(parameters), arguments};
}

} // namespace

Expected<Layer> make_convolution(const LayerContext &c) {
  if (const auto constants = check_constants(c); !constants) {
    return Failure{constants.error()};
  }
  const ir::Window window = ir::window_of(c.node, c.in(1).shape);
  const auto geometry = window_fields(c, window);
  if (!geometry) {
    return Failure{geometry.error()};
  }
  Layer layer;
  layer.macs = convolution_macs(c, window);
  Filter filter = pack_filter(c, window);
  Fields parameters;
  parameters.add("window", *geometry);
  if (filter.kernel == Filter::Kernel::kSparse) {
    parameters.add("dilation_height", window.dilation_h)
        .add("dilation_width", window.dilation_w)
        .add("groups", filter.groups);
  }
  parameters.add("filter", "weights::" + c.name + "_filter");
  layer.weights.push_back({c.name + "_filter", c.in(1).element, std::move(filter.packed)});
  const auto arithmetic = arithmetic_fields(c, c.out().shape[3], layer);
  if (!arithmetic) {
    return Failure{arithmetic.error()};
  }
  parameters.add("arithmetic", *arithmetic);
  layer.calls.push_back(call_of(c, filter, std::move(parameters), layer));
  return layer;
}

Expected<Layer> make_fully_connected(const LayerContext &c) {
  if (const auto constants = check_constants(c); !constants) {
    return Failure{constants.error()};
  }
  const ir::Shape &weights = c.in(1).shape;
  const std::int64_t rows = ir::element_count(c.out().shape) / weights[0];
  Layer layer;
  layer.header = "fully_connected.hpp";
  layer.macs = static_cast<std::uint64_t>(rows * weights[0] * weights[1]);
  layer.weights.push_back({c.name + "_weights", c.in(1).element,
                           pack_dense(*c.input(1).constant, {1, size(weights[0]), size(weights[1])},
                                      ir::element_size(c.in(1).element), c.packing)});
  const auto arithmetic = arithmetic_fields(c, weights[0], layer);
  if (!arithmetic) {
    return Failure{arithmetic.error()};
  }
  Fields parameters;
  parameters.add("rows", rows)
      .add("inputs", weights[1])
      .add("outputs", weights[0])
      .add("weights", "weights::" + c.name + "_weights")
      .add("arithmetic", *arithmetic);
  layer.calls.push_back({"fully_connected",
                         "FullyConnected<" + cpp_type(c.in().element) + ">",
                         std::move(parameters),
                         {c.input_text(0, layer), c.output_text()}});
  return layer;
}

namespace {

/// How far an operand moves a batch: its whole matrix, or 0 when it has one batch only. Absent when
/// some batch dimensions are broadcast and others are not.
std::optional<std::int64_t> batch_step(const ir::Shape &operand, const ir::Shape &out) {
  const std::int64_t matrix = operand[operand.size() - 2] * operand.back();
  const std::int64_t batches = ir::element_count(operand) / matrix;
  const std::int64_t wanted = ir::element_count(out) / (out[out.size() - 2] * out[out.size() - 1]);
  if (batches == wanted) {
    return matrix;
  }
  return batches == 1 ? std::optional<std::int64_t>(0) : std::nullopt;
}

} // namespace

Expected<Layer> make_matmul(const LayerContext &c) {
  const ir::Shape &a = c.in(0).shape;
  const ir::Shape &b = c.in(1).shape;
  const ir::Shape &out = c.out().shape;
  if (c.is_int8()) {
    return c.unsupported("it is computed in float only");
  }
  if (a.size() < 2 || b.size() < 2 || out.size() < 2) {
    return c.unsupported("a vector operand; reshape it to a matrix");
  }
  const auto a_step = batch_step(a, out);
  const auto b_step = batch_step(b, out);
  if (!a_step || !b_step) {
    return c.unsupported("an operand is broadcast along some batch dimensions but not all");
  }
  Layer layer;
  layer.header = "matmul.hpp";
  layer.macs = static_cast<std::uint64_t>(ir::element_count(out) * a.back());
  Fields parameters;
  parameters.add("batches", ir::element_count(out) / (out[out.size() - 2] * out.back()))
      .add("rows", out[out.size() - 2])
      .add("inner", a.back())
      .add("columns", out.back())
      .add("a_step", *a_step)
      .add("b_step", *b_step);
  const std::string first = c.input_text(0, layer);
  const std::string second = c.input_text(1, layer);
  layer.calls.push_back(
      {"matmul", "MatMul", std::move(parameters), {first, second, c.output_text()}});
  return layer;
}

} // namespace tinyml::codegen
