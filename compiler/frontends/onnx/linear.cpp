// SPDX-License-Identifier: Apache-2.0
// Gemm and MatMul.
#include "compiler/frontends/onnx/node_import.hpp"

namespace tinyml::onnx {
namespace {

bool is_float_constant(const ir::Value &value) {
  return value.constant && value.type.element == ir::ElementType::kFloat32;
}

std::vector<float> scaled(std::vector<float> elements, float factor) {
  for (float &element : elements) {
    element *= factor;
  }
  return elements;
}

/// Rows and columns of a constant matrix exchanged.
std::vector<float> transposed(const std::vector<float> &elements, std::int64_t rows,
                              std::int64_t columns) {
  std::vector<float> result(elements.size());
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      result[static_cast<std::size_t>(c * rows + r)] =
          elements[static_cast<std::size_t>(r * columns + c)];
    }
  }
  return result;
}

/// Whether C adds one number per column, so that it is a bias.
bool is_bias(const ir::Value &c, std::int64_t columns) {
  const ir::Shape &shape = c.type.shape;
  const std::int64_t count = ir::element_count(shape);
  const bool row = shape.size() < 2 || (shape.size() == 2 && shape[0] == 1);
  return is_float_constant(c) && row && (count == 1 || count == columns);
}

ir::ValueId make_bias(NodeImport &n, const ir::Value &c, std::int64_t columns, float beta) {
  std::vector<float> elements = scaled(ir::elements_of<float>(c), beta);
  elements.resize(static_cast<std::size_t>(columns), elements[0]); // one number serves all columns
  const std::string name = c.name;
  return ir::add_float_constant(n.graph(), name, {columns}, elements);
}

ir::ValueId make_weights(NodeImport &n, const ir::Value &b, bool outputs_first, float alpha) {
  const ir::Shape shape = b.type.shape;
  const std::string name = b.name;
  std::vector<float> elements = ir::elements_of<float>(b);
  if (!outputs_first) {
    elements = transposed(elements, shape[0], shape[1]);
  }
  const ir::Shape wanted = outputs_first ? shape : ir::Shape{shape[1], shape[0]};
  return ir::add_float_constant(n.graph(), name, wanted, scaled(std::move(elements), alpha));
}

ir::ValueId scale_by(NodeImport &n, ir::ValueId x, float factor) {
  if (factor == 1.0F || !n.ok()) {
    return x;
  }
  const ir::ValueId constant = ir::add_float_constant(n.graph(), n.name(), {}, {factor});
  return n.emit(ir::Op::kMul, {x, constant});
}

ir::ValueId multiply(NodeImport &n, ir::ValueId a, ir::ValueId b, bool transpose_b, float alpha,
                     std::vector<ir::ValueId> bias) {
  if (is_float_constant(n.value(b))) {
    bias.insert(bias.begin(), {a, make_weights(n, n.value(b), transpose_b, alpha)});
    return n.emit(ir::Op::kFullyConnected, bias);
  }
  const ir::ValueId right = transpose_b ? n.transpose(b, {1, 0}) : b;
  const ir::ValueId product = scale_by(n, n.emit(ir::Op::kMatMul, {a, right}), alpha);
  return bias.empty() ? product : n.emit(ir::Op::kAdd, {product, bias[0]});
}

} // namespace

void convert_gemm(NodeImport &n) {
  ir::ValueId a = n.input(0);
  const ir::ValueId b = n.input(1);
  const bool transpose_b = n.int_or("transB", 0) != 0;
  if (n.ok() && (n.shape(a).size() != 2 || n.shape(b).size() != 2)) {
    n.invalid("needs two matrices, not " + ir::shape_text(n.shape(a)) + " and " +
              ir::shape_text(n.shape(b)));
  }
  if (n.int_or("transA", 0) != 0) {
    a = n.transpose(a, {1, 0});
  }
  if (!n.ok()) {
    return;
  }
  const float beta = n.float_or("beta", 1);
  const std::int64_t columns = n.shape(b)[transpose_b ? 0 : 1];
  const ir::ValueId c = n.has_input(2) ? n.input(2) : ir::kNoValue;
  std::vector<ir::ValueId> bias;
  const bool biased = n.ok() && c != ir::kNoValue && is_bias(n.value(c), columns);
  if (biased) {
    bias.push_back(make_bias(n, n.value(c), columns, beta));
  }
  const float alpha = n.float_or("alpha", 1);
  ir::ValueId result = multiply(n, a, b, transpose_b, alpha, bias);
  if (c != ir::kNoValue && !biased) {
    result = n.emit(ir::Op::kAdd, {result, scale_by(n, c, beta)});
  }
  n.define(0, result);
}

void convert_matmul(NodeImport &n) {
  n.define(0, n.emit(ir::Op::kMatMul, {n.input(0), n.input(1)}));
}

} // namespace tinyml::onnx
