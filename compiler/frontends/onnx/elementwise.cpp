// SPDX-License-Identifier: Apache-2.0
// Relu, Clip, Add, Softmax, BatchNormalization.
#include "compiler/frontends/onnx/node_import.hpp"

namespace tinyml::onnx {
namespace {

/// A bound of Clip: an attribute up to opset 10, then an optional constant input.
double clip_bound(NodeImport &n, const char *name, int input, double otherwise) {
  if (n.opset() < 11) {
    return n.has_attribute(name) ? static_cast<double>(n.float_or(name, 0)) : otherwise;
  }
  if (!n.has_input(input)) {
    return otherwise;
  }
  const auto bound = n.constant_floats(input, name);
  if (n.ok() && bound.size() != 1) {
    n.invalid("has a bound that is not one number");
  }
  return n.ok() ? static_cast<double>(bound[0]) : otherwise;
}

/// Up to opset 12 softmax ran over all dimensions from `axis` on, as if they were one.
ir::ValueId flattened_softmax(NodeImport &n, ir::ValueId x, std::size_t axis) {
  const ir::Shape shape = n.shape(x);
  const auto split = shape.begin() + static_cast<std::ptrdiff_t>(axis);
  const ir::Shape flat = {ir::element_count({shape.begin(), split}),
                          ir::element_count({split, shape.end()})};
  const ir::ValueId rows = n.reshape(x, flat);
  return n.reshape(n.emit(ir::Op::kSoftmax, {rows}, {{"axis", std::int64_t{1}}}), shape);
}

} // namespace

void convert_relu(NodeImport &n) { n.define(0, n.emit(ir::Op::kRelu, {n.input(0)})); }

void convert_clip(NodeImport &n) {
  const double low = clip_bound(n, "min", 1, -ir::kInfinity);
  const double high = clip_bound(n, "max", 2, ir::kInfinity);
  n.define(0, n.emit(ir::Op::kClip, {n.input(0)}, {{"min", low}, {"max", high}}));
}

void convert_add(NodeImport &n) { n.define(0, n.emit(ir::Op::kAdd, {n.input(0), n.input(1)})); }

void convert_softmax(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const std::size_t rank = n.shape(x).size();
  const bool flattens = n.opset() < 13;
  const std::size_t axis = n.axis(n.int_or("axis", flattens ? 1 : -1), rank, flattens);
  if (!n.ok()) {
    return;
  }
  if (flattens && axis + 1 != rank) {
    n.define(0, flattened_softmax(n, x, axis));
    return;
  }
  n.define(0, n.emit(ir::Op::kSoftmax, {x}, {{"axis", static_cast<std::int64_t>(axis)}}));
}

void convert_batch_normalization(NodeImport &n) {
  n.expect_outputs(1);
  if (n.int_or("training_mode", 0) != 0 || n.int_or("spatial", 1) != 1) {
    n.unsupported("is supported for inference with one mean per channel only");
  }
  std::vector<ir::ValueId> inputs;
  inputs.reserve(5);
  for (int i = 0; i < 5; ++i) {
    inputs.push_back(n.input(i));
  }
  n.define(0, n.emit(ir::Op::kBatchNorm, inputs,
                     {{"axis", std::int64_t{1}},
                      {"epsilon", static_cast<double>(n.float_or("epsilon", 1e-5F))}}));
}

void convert_identity(NodeImport &n) { n.define(0, n.input(0)); }

} // namespace tinyml::onnx
