// SPDX-License-Identifier: Apache-2.0
#include "compiler/autodiff/gradients.hpp"

namespace tinyml::autodiff {
namespace {

using ir::Op;
using ir::ValueId;

/// Gives input i its gradient, summed over what broadcasting repeated.
void give_summed(Backward &b, std::size_t i, ValueId gradient) {
  b.give(i, b.write().sum_to(gradient, b.shape(i)));
}

void differentiate_sum(Backward &b, bool subtracts) {
  const ValueId dy = b.dy_before_activation();
  if (b.wants(0)) {
    give_summed(b, 0, dy);
  }
  if (b.wants(1)) {
    give_summed(b, 1, subtracts ? b.write().unary("neg", dy) : dy);
  }
}

void differentiate_multiplication(Backward &b) {
  const ValueId dy = b.dy_before_activation();
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    if (b.wants(i)) {
      give_summed(b, i, b.write().multiply(dy, b.x(1 - i)));
    }
  }
}

void differentiate_division(Backward &b) {
  if (b.wants(0)) {
    give_summed(b, 0, b.write().divide(b.dy(), b.x(1)));
  }
  if (b.wants(1)) { // -dy y / b
    const ValueId share = b.write().divide(b.write().multiply(b.dy(), b.y()), b.x(1));
    give_summed(b, 1, b.write().unary("neg", share));
  }
}

/// dy where low < x < high.
ValueId clamped(Backward &b, double low, double high) {
  Writer &w = b.write();
  ValueId dy = b.dy();
  const ValueId zero = w.number(0);
  if (low > -ir::kInfinity) {
    dy = w.emit(Op::kSelect, {w.binary("greater", b.x(0), w.number(low)), dy, zero});
  }
  if (high < ir::kInfinity) {
    dy = w.emit(Op::kSelect, {w.binary("less", b.x(0), w.number(high)), dy, zero});
  }
  return dy;
}

/// 1 - a.
ValueId complement(Writer &w, ValueId a) { return w.subtract(w.number(1), a); }

/// Of functions that are told by name; nothing for one without a rule.
std::optional<ValueId> derivative(Backward &b, const std::string &function) {
  Writer &w = b.write();
  const ValueId x = b.x(0);
  const ValueId y = b.y();
  if (function == "neg") {
    return w.number(-1);
  }
  if (function == "square") {
    return w.scale(x, 2);
  }
  if (function == "sqrt") {
    return w.divide(w.number(0.5), y);
  }
  if (function == "rsqrt") {
    return w.scale(w.multiply(w.multiply(y, y), y), -0.5);
  }
  if (function == "reciprocal") {
    return w.unary("neg", w.unary("square", y));
  }
  if (function == "exp") {
    return y;
  }
  if (function == "log") {
    return w.unary("reciprocal", x);
  }
  if (function == "abs") {
    return w.unary("sign", x);
  }
  if (function == "leaky_relu") {
    const double slope = ir::double_attribute(b.node(), "alpha", 0.01);
    return w.emit(Op::kSelect, {w.binary("greater", x, w.number(0)), w.number(1), w.number(slope)});
  }
  return std::nullopt;
}

void differentiate_unary(Backward &b) {
  const std::string function = ir::text_attribute(b.node(), "function", "");
  const auto slope = derivative(b, function);
  if (!slope) {
    return b.write().refuse(b.node(), "cannot learn: '" + function + "' has no gradient here");
  }
  b.give(0, b.write().multiply(b.dy(), *slope));
}

/// y (dy - sum of dy y over the axis).
void differentiate_softmax(Backward &b) {
  Writer &w = b.write();
  const auto axis = ir::int_attribute(b.node(), "axis", 0);
  ir::Shape kept = w.shape(b.y());
  kept[static_cast<std::size_t>(axis)] = 1;
  const ValueId sum = w.reshape(w.sum(w.multiply(b.dy(), b.y()), {axis}), kept);
  const ValueId gradient = w.multiply(b.y(), w.subtract(b.dy(), sum));
  b.give(0, w.scale(gradient, ir::double_attribute(b.node(), "beta", 1)));
}

void differentiate_sigmoid(Backward &b) {
  Writer &w = b.write();
  b.give(0, w.multiply(b.dy(), w.multiply(b.y(), complement(w, b.y()))));
}

void differentiate_tanh(Backward &b) {
  Writer &w = b.write();
  b.give(0, w.multiply(b.dy(), complement(w, w.unary("square", b.y()))));
}

} // namespace

ValueId Backward::dy_before_activation() {
  switch (ir::activation_of(node_)) {
  case ir::Activation::kRelu:
    return writer_.binary("relu_gradient", y(), dy_);
  case ir::Activation::kRelu6:
    return writer_.binary("relu6_gradient", y(), dy_);
  case ir::Activation::kNone:
    break;
  }
  return dy_;
}

bool differentiate_elementwise(Backward &b) {
  switch (b.node().op) {
  case Op::kAdd:
    differentiate_sum(b, false);
    return true;
  case Op::kSub:
    differentiate_sum(b, true);
    return true;
  case Op::kMul:
    differentiate_multiplication(b);
    return true;
  case Op::kDiv:
    differentiate_division(b);
    return true;
  case Op::kRelu:
    b.give(0, b.write().binary("relu_gradient", b.y(), b.dy()));
    return true;
  case Op::kClip:
    b.give(0, clamped(b, ir::double_attribute(b.node(), "min", -ir::kInfinity),
                      ir::double_attribute(b.node(), "max", ir::kInfinity)));
    return true;
  case Op::kSigmoid:
    differentiate_sigmoid(b);
    return true;
  case Op::kTanh:
    differentiate_tanh(b);
    return true;
  case Op::kSoftmax:
    differentiate_softmax(b);
    return true;
  case Op::kUnary:
    differentiate_unary(b);
    return true;
  default:
    return false;
  }
}

} // namespace tinyml::autodiff
