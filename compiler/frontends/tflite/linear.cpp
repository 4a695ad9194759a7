// SPDX-License-Identifier: Apache-2.0
// FULLY_CONNECTED, BATCH_MATMUL, and the weights and biases of all layers.
#include "compiler/frontends/tflite/node_import.hpp"

#include <numeric>

namespace tinyml::tflite {
namespace {

/// One scale for each of the weights' scales, times the data's.
ir::Quantization bias_quantization(const ir::Quantization &data, const ir::Quantization &weights) {
  ir::Quantization q;
  for (const float scale : weights.scales) {
    q.scales.push_back(data.scales[0] * scale);
  }
  q.zero_points.assign(q.scales.size(), 0);
  q.axis = weights.axis < 0 ? -1 : 0;
  return q;
}

/// The last two dimensions exchanged.
ir::ValueId transposed(NodeImport &n, ir::ValueId x) {
  std::vector<std::int64_t> permutation(n.shape(x).size());
  std::iota(permutation.begin(), permutation.end(), 0);
  if (n.ok() && permutation.size() < 2) {
    n.invalid("needs at least two dimensions");
  }
  if (!n.ok()) {
    return ir::kNoValue;
  }
  std::swap(permutation.back(), permutation[permutation.size() - 2]);
  return n.emit(ir::Op::kTranspose, {x}, {{"permutation", permutation}});
}

/// A fully connected layer whose weights another node makes.
ir::ValueId emit_product(NodeImport &n, ir::ValueId x, ir::ValueId weights,
                         schema::Activation activation) {
  const ir::ValueId right = transposed(n, weights);
  if (!n.has_input(2)) {
    return emit_activated(n, ir::Op::kMatMul, {x, right}, {}, activation);
  }
  const ir::ValueId product = n.emit(ir::Op::kMatMul, {x, right}, {});
  return emit_activated(n, ir::Op::kAdd, {product, n.input(2)}, {}, activation);
}

} // namespace

ir::ValueId read_weights(NodeImport &n, int index, ir::ValueId x) {
  const ir::ValueId weights = n.input(index);
  if (n.ok() && !n.is_constant(weights)) {
    n.unsupported("is supported with constant weights only");
  }
  if (n.ok() && n.is_float(x) && !n.is_float(weights)) {
    return n.emit(ir::Op::kDequantize, {weights});
  }
  return n.ok() ? weights : ir::kNoValue;
}

void add_bias(NodeImport &n, int index, std::vector<ir::ValueId> &inputs) {
  if (!n.ok() || !n.has_input(index)) {
    return;
  }
  const ir::ValueId bias = n.input(index);
  if (n.ok() && !n.is_constant(bias)) {
    n.unsupported("is supported with a constant bias only");
  }
  if (!n.ok()) {
    return;
  }
  if (n.is_float(bias)) {
    inputs.push_back(bias);
    return;
  }
  const auto &data = n.value(inputs[0]).type.quantization;
  const auto &weights = n.value(inputs[1]).type.quantization;
  if (!data || !weights) {
    n.invalid("has an integer bias, but data or weights without a scale");
    return;
  }
  ir::Value copy = n.value(bias); // layers of other scales may share its numbers
  copy.type.quantization = bias_quantization(*data, *weights);
  inputs.push_back(ir::add_constant(n.graph(), copy.name, copy.type, std::move(*copy.constant)));
}

void convert_fully_connected(NodeImport &n) {
  const auto &options = n.options<schema::FullyConnectedOptions>();
  if (options.weights_format() != schema::WeightsFormat_DEFAULT) {
    n.unsupported("is supported with weights in their default order only");
  }
  ir::ValueId x = n.input(0);
  const bool made = n.is_float(x) && !n.is_constant(n.input(1));
  const ir::ValueId weights = made ? n.input(1) : read_weights(n, 1, x);
  if (n.ok() && n.shape(weights).size() != 2) {
    n.invalid("needs a matrix of weights, not " + ir::shape_text(n.shape(weights)));
  }
  if (!n.ok()) {
    return;
  }
  const std::int64_t depth = n.shape(weights)[1];
  if (!options.keep_num_dims() || n.shape(x).empty() || n.shape(x).back() != depth) {
    const std::int64_t rows = ir::element_count(n.shape(x)) / depth;
    x = n.reshape(x, {rows, depth}); // refused when the rest of the division is not zero
  }
  if (made) {
    n.define(0, emit_product(n, x, weights, options.activation()));
    return;
  }
  std::vector<ir::ValueId> inputs = {x, weights};
  add_bias(n, 2, inputs);
  n.define(0, emit_activated(n, ir::Op::kFullyConnected, inputs, {}, options.activation()));
}

void convert_batch_matmul(NodeImport &n) {
  const auto &options = n.options<schema::BatchMatMulOptions>();
  const ir::ValueId a = options.adj_x() ? transposed(n, n.input(0)) : n.input(0);
  const ir::ValueId b = options.adj_y() ? transposed(n, n.input(1)) : n.input(1);
  n.produce(ir::Op::kMatMul, {a, b});
}

} // namespace tinyml::tflite
