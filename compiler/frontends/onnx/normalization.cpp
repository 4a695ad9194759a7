// SPDX-License-Identifier: Apache-2.0
// Softmax and its kin, and normalisations that are composed of means.
#include "compiler/frontends/onnx/lowering.hpp"

#include <array>

namespace tinyml::onnx {
namespace {

/// Up to opset 12 softmax ran over all dimensions from `axis` on, as if they were one; then along
/// one axis. `along` computes it for an axis of a tensor.
template <typename Along> void convert_along_axis(NodeImport &n, const Along &along) {
  const ir::ValueId x = n.input(0);
  const ir::Shape shape = n.shape(x);
  const bool flattens = n.opset() < 13;
  const std::size_t axis = n.axis(n.int_or("axis", flattens ? 1 : -1), shape.size(), flattens);
  if (!n.ok()) {
    return;
  }
  if (!flattens || axis + 1 == shape.size()) {
    n.define(0, along(x, axis));
    return;
  }
  const auto split = shape.begin() + static_cast<std::ptrdiff_t>(axis);
  const ir::ValueId rows = n.reshape(
      x, {ir::element_count({shape.begin(), split}), ir::element_count({split, shape.end()})});
  n.define(0, n.reshape(along(rows, 1), shape));
}

ir::ValueId log_softmax(NodeImport &n, ir::ValueId x, std::size_t axis) {
  const ir::ValueId sum = reduce(n, "log_sum_exp", x, {static_cast<std::int64_t>(axis)});
  return n.emit(ir::Op::kSub, {x, sum});
}

void convert_softmax(NodeImport &n) {
  convert_along_axis(n, [&](ir::ValueId x, std::size_t axis) {
    return n.emit(ir::Op::kSoftmax, {x}, {{"axis", static_cast<std::int64_t>(axis)}});
  });
}

void convert_log_softmax(NodeImport &n) {
  convert_along_axis(n, [&](ir::ValueId x, std::size_t axis) { return log_softmax(n, x, axis); });
}

/// 1 at the first of the largest, 0 elsewhere.
void convert_hardmax(NodeImport &n) {
  convert_along_axis(n, [&](ir::ValueId x, std::size_t axis) {
    const ir::Shape shape = n.shape(x);
    check_made_up(n, {n.ok() ? shape[axis] : 1});
    if (!n.ok()) {
      return x;
    }
    const ir::ValueId best =
        n.emit(ir::Op::kArgReduce, {x},
               {{"function", std::string("max")}, {"axis", static_cast<std::int64_t>(axis)}});
    ir::Shape line(shape.size(), 1);
    line[axis] = shape[axis];
    std::vector<double> positions;
    for (std::int64_t i = 0; i < shape[axis]; ++i) {
      positions.push_back(static_cast<double>(i));
    }
    const ir::ValueId all = numbers(n, line, ir::ElementType::kInt64, positions);
    return cast(n, binary(n, "equal", best, all), ir::ElementType::kFloat32);
  });
}

/// (x - mean) / sqrt(variance + epsilon) over the axes, with what it is made of.
struct Normalized {
  ir::ValueId result, mean, inverse_deviation;
};

Normalized normalize(NodeImport &n, ir::ValueId x, const Axes &axes, float epsilon) {
  const ir::ValueId average = mean(n, x, axes);
  const ir::ValueId centered = n.emit(ir::Op::kSub, {x, average});
  const ir::ValueId variance = mean(n, unary(n, "square", centered), axes);
  const ir::ValueId safe = n.emit(
      ir::Op::kAdd, {variance, number(n, ir::ElementType::kFloat32, static_cast<double>(epsilon))});
  const ir::ValueId inverse = unary(n, "rsqrt", safe);
  return {n.emit(ir::Op::kMul, {centered, inverse}), average, inverse};
}

void convert_layer_normalization(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const std::size_t rank = n.shape(x).size();
  const std::size_t axis = n.axis(n.int_or("axis", -1), rank);
  const Normalized all = normalize(n, x, axes_from(axis, rank), n.float_or("epsilon", 1e-5F));
  ir::ValueId y = n.emit(ir::Op::kMul, {all.result, n.input(1)});
  if (n.has_input(2)) {
    y = n.emit(ir::Op::kAdd, {y, n.input(2)});
  }
  n.define(0, y);
  n.define(1, all.mean);
  n.define(2, all.inverse_deviation);
}

/// Scale and bias per channel, for a tensor whose axis 1 is the channel.
ir::ValueId per_channel(NodeImport &n, ir::ValueId channels, std::size_t rank) {
  ir::Shape shape(rank, 1);
  if (n.ok() && rank > 1 && n.shape(channels).size() == 1) {
    shape[1] = n.shape(channels)[0];
  }
  return n.ok() ? n.reshape(channels, shape) : channels;
}

void convert_instance_normalization(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const std::size_t rank = n.shape(x).size();
  const Normalized all = normalize(n, x, axes_from(2, rank), n.float_or("epsilon", 1e-5F));
  const ir::ValueId scaled = n.emit(ir::Op::kMul, {all.result, per_channel(n, n.input(1), rank)});
  n.define(0, n.emit(ir::Op::kAdd, {scaled, per_channel(n, n.input(2), rank)}));
}

void convert_mean_variance(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const Axes axes = sorted_axes(n, n.ints_or("axes", {0, 2, 3}), n.shape(x).size());
  const ir::ValueId average = mean(n, x, axes);
  const ir::ValueId centered = n.emit(ir::Op::kSub, {x, average});
  const ir::ValueId deviation = unary(n, "sqrt", mean(n, unary(n, "square", centered), axes));
  const ir::ValueId safe =
      n.emit(ir::Op::kAdd, {deviation, number(n, ir::ElementType::kFloat32, 1e-9)});
  n.define(0, n.emit(ir::Op::kDiv, {centered, safe}));
}

/// x / (bias + alpha / size * sum of the squares of neighbouring channels) ^ beta
void convert_lrn(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::Shape shape = n.shape(x);
  const std::int64_t size = n.int_or("size", 1);
  const auto real = [&](const char *name, float otherwise) {
    return number(n, ir::ElementType::kFloat32, static_cast<double>(n.float_or(name, otherwise)));
  };
  if (n.ok() && (shape.size() < 2 || size < 1 || size > 64)) {
    n.invalid("needs channels and a size of 1 to 64");
  }
  if (!n.ok()) {
    return;
  }
  std::vector<std::int64_t> pads(2 * shape.size(), 0);
  pads[1] = (size - 1) / 2;
  pads[1 + shape.size()] = size - 1 - pads[1];
  const ir::ValueId squares = n.emit(ir::Op::kPad, {unary(n, "square", x)}, {{"pads", pads}});
  ir::ValueId sum = slice(n, squares, 1, 0, shape[1]);
  for (std::int64_t i = 1; i < size; ++i) {
    sum = n.emit(ir::Op::kAdd, {sum, slice(n, squares, 1, i, shape[1])});
  }
  const ir::ValueId share =
      number(n, ir::ElementType::kFloat32,
             static_cast<double>(n.float_or("alpha", 1e-4F)) / static_cast<double>(size));
  const ir::ValueId base =
      n.emit(ir::Op::kAdd, {real("bias", 1), n.emit(ir::Op::kMul, {sum, share})});
  n.define(0, n.emit(ir::Op::kDiv, {x, binary(n, "pow", base, real("beta", 0.75F))}));
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

constexpr std::array kOperators = {
    Operator{"BatchNormalization", convert_batch_normalization, 7},
    Operator{"Hardmax", convert_hardmax, 1},
    Operator{"InstanceNormalization", convert_instance_normalization, 6},
    Operator{"LayerNormalization", convert_layer_normalization, 17},
    Operator{"LogSoftmax", convert_log_softmax, 1},
    Operator{"LRN", convert_lrn, 1},
    Operator{"MeanVarianceNormalization", convert_mean_variance, 9},
    Operator{"Softmax", convert_softmax, 1},
};

} // namespace

std::span<const Operator> normalization_operators() { return kOperators; }

} // namespace tinyml::onnx
