// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear and DequantizeLinear, per tensor and per axis, and operators that have them
// inside.
#include "compiler/frontends/onnx/lowering.hpp"

#include <algorithm>
#include <array>

namespace tinyml::onnx {
namespace {

std::vector<std::int32_t> widened(const ir::Value &zero_points) {
  std::vector<std::int32_t> result;
  switch (zero_points.type.element) {
  case ir::ElementType::kInt8:
    for (const std::int8_t zero : ir::elements_of<std::int8_t>(zero_points)) {
      result.push_back(zero);
    }
    break;
  case ir::ElementType::kUint8:
    for (const std::uint8_t zero : ir::elements_of<std::uint8_t>(zero_points)) {
      result.push_back(zero);
    }
    break;
  default:
    result = ir::elements_of<std::int32_t>(zero_points);
  }
  return result;
}

/// Scales (input `at`) and zero points (input `at` + 1, default 0) for a tensor of the given shape,
/// one for all or one per index of `axis`.
ir::Quantization read_quantization(NodeImport &n, int at, const ir::Shape &shape,
                                   std::int64_t axis) {
  ir::Quantization q;
  q.scales = n.constant_floats(at, "scale");
  q.zero_points.assign(q.scales.size(), 0);
  if (n.has_input(at + 1)) {
    const ir::Value &zero_points = n.value(n.input(at + 1));
    if (n.ok() && !zero_points.constant) {
      n.unsupported("needs a constant zero point '" + n.proto().input(at + 1) +
                    "' (a graph input can be fixed)");
    }
    q.zero_points = n.ok() ? widened(zero_points) : std::vector<std::int32_t>{};
    if (q.zero_points.size() == 1) {
      q.zero_points.assign(q.scales.size(), q.zero_points[0]);
    }
  }
  if (n.ok() && (q.scales.empty() || q.zero_points.size() != q.scales.size())) {
    n.invalid("has scales and zero points of different sizes");
  }
  if (n.ok() && n.shape(n.input(at)).size() == 1 && q.scales.size() > 1) {
    q.axis = static_cast<int>(n.axis(axis, shape.size()));
  } else if (n.ok() && q.scales.size() != 1) {
    n.unsupported("is supported with one scale, or one per index of an axis");
  }
  if (n.ok() && q.axis >= 0 &&
      shape[static_cast<std::size_t>(q.axis)] != static_cast<std::int64_t>(q.scales.size())) {
    n.invalid("has " + std::to_string(q.scales.size()) + " scales for axis " +
              std::to_string(q.axis) + " of " + ir::shape_text(shape));
  }
  return q;
}

/// The value to dequantise, carrying its quantisation. Constants are copied: another node may read
/// the same bytes with another scale.
ir::ValueId annotate(NodeImport &n, ir::ValueId x, const ir::Quantization &q) {
  if (!n.ok()) {
    return x;
  }
  ir::Value value = n.value(x);
  if (value.constant) {
    value.type.quantization = q;
    return ir::add_constant(n.graph(), value.name, value.type, *value.constant);
  }
  if (value.type.quantization && value.type.quantization != q) {
    n.unsupported("reads '" + value.name + "' with another scale than it was made with");
  }
  n.graph().values[x].type.quantization = q;
  return x;
}

/// Input `at`, or one behind it, is computed: there is no quantisation to tell a tensor.
bool is_computed(NodeImport &n, int at) {
  return n.ok() &&
         (!n.is_constant(n.input(at)) || (n.has_input(at + 1) && !n.is_constant(n.input(at + 1))));
}

/// With a computed scale and zero point quantising is arithmetic.
ir::ValueId quantized_by_computed(NodeImport &n, ir::ValueId x, int at) {
  ir::ElementType element = ir::ElementType::kUint8;
  ir::ValueId steps = unary(n, "round", n.emit(ir::Op::kDiv, {x, n.input(at)}));
  if (n.has_input(at + 1)) {
    element = n.element(n.input(at + 1));
    const ir::ValueId zero = cast(n, n.input(at + 1), ir::ElementType::kFloat32);
    steps = n.emit(ir::Op::kAdd, {steps, zero});
  }
  const bool is_signed = element == ir::ElementType::kInt8;
  const ir::ValueId limited =
      n.emit(ir::Op::kClip, {steps},
             {{"min", is_signed ? -128.0 : 0.0}, {"max", is_signed ? 127.0 : 255.0}});
  return cast(n, limited, element);
}

/// `x` as the numbers that the quantisation at input `at` makes of it.
ir::ValueId quantized(NodeImport &n, ir::ValueId x, int at, std::int64_t axis) {
  if (is_computed(n, at)) {
    return quantized_by_computed(n, x, at);
  }
  const ir::Quantization q = read_quantization(n, at, n.shape(x), axis);
  ir::ElementType element = ir::ElementType::kUint8;
  if (n.has_input(at + 1)) {
    element = n.element(n.input(at + 1));
  }
  if (n.ok() && element != ir::ElementType::kInt8 && element != ir::ElementType::kUint8) {
    n.unsupported("is supported for int8 and uint8 only");
  }
  return n.emit(ir::Op::kQuantize, {x}, {}, ir::TensorType{element, n.shape(x), q});
}

/// Real numbers of input `x`, whose quantisation is at input `at`.
ir::ValueId dequantized(NodeImport &n, ir::ValueId x, int at, std::int64_t axis) {
  const ir::Quantization q = read_quantization(n, at, n.shape(x), axis);
  return n.ok() ? n.emit(ir::Op::kDequantize, {annotate(n, x, q)}) : ir::kNoValue;
}

void convert_quantize_linear(NodeImport &n) {
  n.define(0, quantized(n, n.input(0), 1, n.int_or("axis", 1)));
}

void convert_dequantize_linear(NodeImport &n) {
  n.define(0, dequantized(n, n.input(0), 1, n.int_or("axis", 1)));
}

void convert_qlinear_matmul(NodeImport &n) {
  const ir::ValueId a = dequantized(n, n.input(0), 1, -2);
  const ir::ValueId b = dequantized(n, n.input(3), 4, -1);
  n.define(0, quantized(n, n.emit(ir::Op::kMatMul, {a, b}), 6, 0));
}

/// The bias of a quantised convolution has the scale input * filter.
ir::ValueId quantized_bias(NodeImport &n) {
  const ir::ValueId bias = n.input(8);
  const auto x = n.constant_floats(1, "scale");
  ir::Quantization q = read_quantization(n, 4, n.shape(bias), 0);
  if (!n.ok() || x.size() != 1) {
    n.invalid("needs one scale for its data");
    return bias;
  }
  for (float &scale : q.scales) {
    scale *= x[0];
  }
  std::fill(q.zero_points.begin(), q.zero_points.end(), 0);
  return n.emit(ir::Op::kDequantize, {annotate(n, bias, q)});
}

/// A convolution whose attributes are those of the node.
ir::ValueId convolution(NodeImport &n, const std::vector<ir::ValueId> &inputs) {
  const ir::Shape filter = n.shape(inputs[1]);
  if (!n.ok() || filter.size() != 4) {
    n.unsupported("works on images (N, C, H, W) only");
    return ir::kNoValue;
  }
  const WindowAttributes window = read_window(n, n.shape(inputs[0]), {filter[2], filter[3]});
  return n.emit(ir::Op::kConv2d, inputs,
                {{"strides", window.strides},
                 {"dilations", window.dilations},
                 {"pads", window.pads},
                 {"groups", n.int_or("group", 1)},
                 {"layout", std::string("NCHW")}});
}

void convert_qlinear_conv(NodeImport &n) {
  std::vector<ir::ValueId> inputs = {dequantized(n, n.input(0), 1, 0),
                                     dequantized(n, n.input(3), 4, 0)};
  if (n.has_input(8)) {
    inputs.push_back(quantized_bias(n));
  }
  n.define(0, quantized(n, convolution(n, inputs), 6, 0));
}

/// Integers as floats, with their zero point (input `at`, one or one per index of `axis`) taken
/// off.
ir::ValueId centered(NodeImport &n, ir::ValueId x, int at, std::size_t axis) {
  x = cast(n, x, ir::ElementType::kFloat32);
  if (!n.has_elements(at)) {
    return x;
  }
  ir::ValueId zero = cast(n, n.input(at), ir::ElementType::kFloat32);
  ir::Shape line(n.shape(x).size(), 1);
  if (n.ok() && ir::element_count(n.shape(zero)) > 1 && axis < line.size()) {
    line[axis] = ir::element_count(n.shape(zero));
  }
  zero = n.ok() ? n.reshape(zero, line) : zero;
  return n.emit(ir::Op::kSub, {x, zero});
}

/// Sums of up to this many products of bytes are exact in float.
constexpr std::int64_t kExactProducts = (std::int64_t{1} << 24) / (255 * 255);

void check_exact(NodeImport &n, std::int64_t products) {
  if (n.ok() && products > kExactProducts) {
    n.unsupported("is supported for sums of up to " + std::to_string(kExactProducts) +
                  " products, not " + std::to_string(products));
  }
}

void convert_matmul_integer(NodeImport &n) {
  const std::size_t rank = std::max<std::size_t>(2, n.shape(n.input(0)).size());
  const ir::ValueId a = centered(n, n.input(0), 2, rank - 2);
  const ir::ValueId b = centered(n, n.input(1), 3, n.shape(n.input(1)).size() - 1);
  check_exact(n, n.ok() && !n.shape(a).empty() ? n.shape(a).back() : 1);
  n.define(0, cast(n, n.emit(ir::Op::kMatMul, {a, b}), ir::ElementType::kInt32));
}

void convert_conv_integer(NodeImport &n) {
  const ir::ValueId x = centered(n, n.input(0), 2, 0);
  const ir::ValueId filter = centered(n, n.input(1), 3, 0);
  const ir::Shape shape = n.shape(filter);
  check_exact(n, n.ok() && !shape.empty() ? ir::element_count(shape) / shape[0] : 1);
  n.define(0, cast(n, convolution(n, {x, filter}), ir::ElementType::kInt32));
}

/// The scale and zero point are computed from the data.
void convert_dynamic_quantize(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const auto real = [&](double value) { return number(n, ir::ElementType::kFloat32, value); };
  const Axes all = axes_from(0, n.shape(x).size());
  const ir::ValueId low = binary(n, "min", reduce(n, "min", x, all, false), real(0));
  const ir::ValueId high = binary(n, "max", reduce(n, "max", x, all, false), real(0));
  const ir::ValueId scale = n.emit(ir::Op::kDiv, {n.emit(ir::Op::kSub, {high, low}), real(255)});
  const auto as_byte = [&](ir::ValueId value) {
    return n.emit(ir::Op::kClip, {value}, {{"min", 0.0}, {"max", 255.0}});
  };
  const ir::ValueId zero =
      as_byte(unary(n, "round", n.emit(ir::Op::kDiv, {unary(n, "neg", low), scale})));
  const ir::ValueId steps = unary(n, "round", n.emit(ir::Op::kDiv, {x, scale}));
  const ir::ValueId y = as_byte(n.emit(ir::Op::kAdd, {steps, zero}));
  n.define(0, cast(n, y, ir::ElementType::kUint8));
  n.define(1, scale);
  n.define(2, cast(n, zero, ir::ElementType::kUint8));
}

constexpr std::array kOperators = {
    Operator{"ConvInteger", convert_conv_integer, 10},
    Operator{"DequantizeLinear", convert_dequantize_linear, 10},
    Operator{"DynamicQuantizeLinear", convert_dynamic_quantize, 11},
    Operator{"MatMulInteger", convert_matmul_integer, 10},
    Operator{"QLinearConv", convert_qlinear_conv, 10},
    Operator{"QLinearMatMul", convert_qlinear_matmul, 10},
    Operator{"QuantizeLinear", convert_quantize_linear, 10},
};

} // namespace

std::span<const Operator> quantized_operators() { return kOperators; }

} // namespace tinyml::onnx
