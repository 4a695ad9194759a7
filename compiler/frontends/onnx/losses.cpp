// SPDX-License-Identifier: Apache-2.0
// NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss.
#include "compiler/frontends/onnx/lowering.hpp"

#include <array>

namespace tinyml::onnx {
namespace {

constexpr int kClassAxis = 1;

/// What every target weighs: its class's weight, nothing when it is to be ignored; kNoValue when
/// all weigh the same.
ir::ValueId target_weights(NodeImport &n, ir::ValueId target, ir::ValueId ignored) {
  ir::ValueId weights = ir::kNoValue;
  if (n.has_input(2)) {
    weights = n.emit(ir::Op::kGather, {n.input(2), target}, {{"axis", std::int64_t{0}}});
  }
  if (ignored == ir::kNoValue) {
    return weights;
  }
  const ir::ValueId none = number(n, ir::ElementType::kFloat32, 0);
  const ir::ValueId one = number(n, ir::ElementType::kFloat32, 1);
  return select(n, ignored, none, weights == ir::kNoValue ? one : weights);
}

ir::ValueId reduced(NodeImport &n, ir::ValueId loss, ir::ValueId weights) {
  const std::string reduction = n.text_or("reduction", "mean");
  const Axes all = axes_from(0, n.shape(loss).size());
  if (reduction == "none") {
    return loss;
  }
  if (reduction == "sum") {
    return reduce(n, "sum", loss, all, false);
  }
  if (reduction != "mean") {
    n.invalid("has an unknown reduction '" + reduction + "'");
  }
  if (weights == ir::kNoValue) {
    return mean(n, loss, all, false);
  }
  return n.emit(ir::Op::kDiv,
                {reduce(n, "sum", loss, all, false), reduce(n, "sum", weights, all, false)});
}

ir::ValueId likelihood_loss(NodeImport &n, ir::ValueId log_probabilities) {
  ir::ValueId target = n.input(1);
  const ir::Shape shape = n.shape(target);
  if (n.ok() && n.shape(log_probabilities).size() != shape.size() + 1) {
    n.invalid("needs targets with one dimension less than its data");
  }
  if (!n.ok()) {
    return ir::kNoValue;
  }
  const ir::ElementType element = n.element(target);
  ir::ValueId ignored = ir::kNoValue;
  if (n.has_attribute("ignore_index")) {
    const auto index = static_cast<double>(n.int_or("ignore_index", 0));
    ignored = binary(n, "equal", target, number(n, element, index));
    target = select(n, ignored, number(n, element, 0), target);
  }
  ir::Shape column = shape;
  column.insert(column.begin() + (shape.empty() ? 0 : kClassAxis), 1);
  const ir::ValueId picked =
      n.emit(ir::Op::kGatherElements, {log_probabilities, n.reshape(target, column)},
             {{"axis", std::int64_t{kClassAxis}}});
  ir::ValueId loss = unary(n, "neg", n.reshape(picked, shape));
  const ir::ValueId weights = target_weights(n, target, ignored);
  if (weights != ir::kNoValue) {
    loss = n.emit(ir::Op::kMul, {loss, weights});
  }
  // Weights of one number stand for all targets.
  return reduced(n, loss, weights == ir::kNoValue ? weights : expand(n, weights, shape));
}

void convert_likelihood_loss(NodeImport &n) { n.define(0, likelihood_loss(n, n.input(0))); }

void convert_cross_entropy_loss(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::ValueId sum = reduce(n, "log_sum_exp", x, {kClassAxis});
  const ir::ValueId log_probabilities = n.emit(ir::Op::kSub, {x, sum});
  n.define(0, likelihood_loss(n, log_probabilities));
  n.define(1, log_probabilities);
}

constexpr std::array kOperators = {
    Operator{"NegativeLogLikelihoodLoss", convert_likelihood_loss, 12},
    Operator{"SoftmaxCrossEntropyLoss", convert_cross_entropy_loss, 12},
};

} // namespace

std::span<const Operator> loss_operators() { return kOperators; }

} // namespace tinyml::onnx
