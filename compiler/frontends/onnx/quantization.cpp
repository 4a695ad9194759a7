// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear and DequantizeLinear, per tensor and per axis.
#include "compiler/frontends/onnx/node_import.hpp"

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

/// Scales (input 1) and zero points (input 2, default 0) for a tensor of the given shape.
ir::Quantization read_quantization(NodeImport &n, const ir::Shape &shape) {
  ir::Quantization q;
  q.scales = n.constant_floats(1, "scale");
  q.zero_points.assign(q.scales.size(), 0);
  if (n.has_input(2)) {
    const ir::Value &zero_points = n.value(n.input(2));
    if (n.ok() && !zero_points.constant) {
      n.unsupported("needs a constant zero point");
    }
    q.zero_points = widened(zero_points);
  }
  if (n.ok() && (q.scales.empty() || q.zero_points.size() != q.scales.size())) {
    n.invalid("has scales and zero points of different sizes");
  }
  if (n.ok() && n.shape(n.input(1)).size() == 1 && q.scales.size() > 1) {
    q.axis = static_cast<int>(n.axis(n.int_or("axis", 1), shape.size()));
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

} // namespace

void convert_quantize_linear(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::Quantization q = read_quantization(n, n.shape(x));
  ir::ElementType element = ir::ElementType::kUint8;
  if (n.has_input(2)) {
    element = n.value(n.input(2)).type.element;
  }
  if (n.ok() && element != ir::ElementType::kInt8 && element != ir::ElementType::kUint8) {
    n.unsupported("is supported for int8 and uint8 only");
  }
  n.define(0, n.emit(ir::Op::kQuantize, {x}, {}, ir::TensorType{element, n.shape(x), q}));
}

void convert_dequantize_linear(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::Quantization q = read_quantization(n, n.shape(x));
  if (!n.ok()) {
    return;
  }
  n.define(0, n.emit(ir::Op::kDequantize, {annotate(n, x, q)}));
}

} // namespace tinyml::onnx
