// SPDX-License-Identifier: Apache-2.0
// Operators on one element at a time.
#include "compiler/frontends/onnx/lowering.hpp"

#include <array>
#include <limits>

namespace tinyml::onnx {
namespace {

/// An ONNX operator that is one function, with the attributes that are its numbers.
struct Function {
  std::string_view operator_name;
  const char *function;
  const char *alpha = nullptr;
  float alpha_default = 0;
  const char *beta = nullptr;
  float beta_default = 0;
};

constexpr std::array kFunctions = {
    Function{"Acos", "acos"},
    Function{"Acosh", "acosh"},
    Function{"Asin", "asin"},
    Function{"Asinh", "asinh"},
    Function{"Atan", "atan"},
    Function{"Atanh", "atanh"},
    Function{"Ceil", "ceil"},
    Function{"Celu", "celu", "alpha", 1},
    Function{"Cos", "cos"},
    Function{"Cosh", "cosh"},
    Function{"Elu", "elu", "alpha", 1},
    Function{"Erf", "erf"},
    Function{"Exp", "exp"},
    Function{"Floor", "floor"},
    Function{"HardSigmoid", "hard_sigmoid", "alpha", 0.2F, "beta", 0.5F},
    Function{"HardSwish", "hard_swish"},
    Function{"LeakyRelu", "leaky_relu", "alpha", 0.01F},
    Function{"Log", "log"},
    Function{"Mish", "mish"},
    Function{"Reciprocal", "reciprocal"},
    Function{"Round", "round"},
    Function{"Selu", "selu", "alpha", 1.67326319217681884765625F, "gamma",
             1.05070102214813232421875F},
    Function{"Shrink", "shrink", "lambd", 0.5F, "bias", 0},
    Function{"Sin", "sin"},
    Function{"Sinh", "sinh"},
    Function{"Softplus", "softplus"},
    Function{"Softsign", "softsign"},
    Function{"Sqrt", "sqrt"},
    Function{"Tan", "tan"},
    Function{"ThresholdedRelu", "thresholded_relu", "alpha", 1},
};

void convert_function(NodeImport &n) {
  for (const Function &f : kFunctions) {
    if (f.operator_name != n.proto().op_type()) {
      continue;
    }
    const float alpha = f.alpha != nullptr ? n.float_or(f.alpha, f.alpha_default) : 0;
    const float beta = f.beta != nullptr ? n.float_or(f.beta, f.beta_default) : 0;
    n.define(
        0, unary(n, f.function, n.input(0), static_cast<double>(alpha), static_cast<double>(beta)));
  }
}

void convert_gelu(NodeImport &n) {
  const bool tanh = n.text_or("approximate", "none") == "tanh";
  n.define(0, unary(n, tanh ? "gelu_tanh" : "gelu", n.input(0)));
}

/// abs, neg and sign of integers are made of functions of two numbers.
void convert_sign_function(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const std::string &name = n.proto().op_type();
  if (!n.ok()) {
    return;
  }
  const ir::ElementType element = n.element(x);
  if (element == ir::ElementType::kFloat32) {
    n.define(0, unary(n, name == "Abs" ? "abs" : (name == "Neg" ? "neg" : "sign"), x));
    return;
  }
  const ir::ValueId zero = number(n, element, 0);
  const auto minus = [&](ir::ValueId a, ir::ValueId b) { return n.emit(ir::Op::kSub, {a, b}); };
  if (name == "Sign") {
    n.define(0, minus(cast(n, binary(n, "greater", x, zero), element),
                      cast(n, binary(n, "less", x, zero), element)));
    return;
  }
  const ir::ValueId negative = minus(zero, x);
  n.define(0, name == "Neg" ? negative : binary(n, "max", x, negative));
}

void convert_relu(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  if (n.ok() && n.element(x) != ir::ElementType::kFloat32) {
    n.define(0, binary(n, "max", x, number(n, n.element(x), 0)));
    return;
  }
  n.define(0, n.emit(ir::Op::kRelu, {x}));
}

void convert_sigmoid(NodeImport &n) { n.define(0, n.emit(ir::Op::kSigmoid, {n.input(0)})); }
void convert_tanh(NodeImport &n) { n.define(0, n.emit(ir::Op::kTanh, {n.input(0)})); }

void convert_not(NodeImport &n) {
  n.define(0, binary(n, "xor", n.input(0), number(n, ir::ElementType::kBool, 1)));
}

void convert_is_nan(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  n.define(0, binary(n, "not_equal", x, x));
}

void convert_is_inf(NodeImport &n) {
  ir::ValueId x = n.input(0);
  const bool positive = n.int_or("detect_positive", 1) != 0;
  const bool negative = n.int_or("detect_negative", 1) != 0;
  x = positive && negative ? unary(n, "abs", x) : (negative ? unary(n, "neg", x) : x);
  const ir::ValueId infinity =
      n.constant({}, ir::ElementType::kFloat32,
                 ir::constant_data<float>({std::numeric_limits<float>::infinity()}));
  const ir::ValueId found = binary(n, "equal", x, infinity);
  n.define(0, positive || negative ? found
                                   : binary(n, "and", found, number(n, ir::ElementType::kBool, 0)));
}

/// A bound of Clip: an attribute up to opset 10, then an optional input.
struct Bound {
  bool given = false;
  std::optional<double> constant;
  ir::ValueId value = ir::kNoValue;
};

Bound clip_bound(NodeImport &n, const char *name, int input) {
  if (n.opset() < 11) {
    return n.has_attribute(name) ? Bound{true, static_cast<double>(n.float_or(name, 0)), {}}
                                 : Bound{};
  }
  if (!n.has_input(input)) {
    return {};
  }
  const ir::ValueId id = n.input(input);
  const ir::Value &value = n.value(id);
  if (n.ok() && ir::element_count(value.type.shape) != 1) {
    n.invalid("has a bound that is not one number");
  }
  if (n.ok() && value.constant && value.type.element == ir::ElementType::kFloat32) {
    return {true, static_cast<double>(ir::elements_of<float>(value)[0]), id};
  }
  return {true, std::nullopt, id};
}

void convert_clip(NodeImport &n) {
  ir::ValueId x = n.input(0);
  const Bound low = clip_bound(n, "min", 1);
  const Bound high = clip_bound(n, "max", 2);
  const bool constant = (!low.given || low.constant) && (!high.given || high.constant);
  const bool is_float = n.ok() && n.element(x) == ir::ElementType::kFloat32;
  const double least = low.constant.value_or(-ir::kInfinity);
  const double most = high.constant.value_or(ir::kInfinity);
  if (constant && is_float && least <= most) {
    n.define(0, n.emit(ir::Op::kClip, {x}, {{"min", least}, {"max", most}}));
    return;
  }
  const auto operand = [&](const Bound &b) {
    return b.value != ir::kNoValue ? b.value
                                   : number(n, ir::ElementType::kFloat32, b.constant.value_or(0));
  };
  x = low.given ? binary(n, "max", x, operand(low)) : x;
  n.define(0, high.given ? binary(n, "min", x, operand(high)) : x);
}

void convert_cast_to(NodeImport &n, ir::ValueId x, std::int64_t onnx_type) {
  const auto element = element_type(static_cast<std::int32_t>(onnx_type));
  if (!element) {
    n.unsupported("cannot make element type " +
                  element_type_name(static_cast<std::int32_t>(onnx_type)));
  }
  n.define(0, n.ok() ? cast(n, x, *element) : x);
}

void convert_cast(NodeImport &n) { convert_cast_to(n, n.input(0), n.int_or("to", 0)); }

void convert_cast_like(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::ValueId like = n.input(1);
  n.define(0, n.ok() ? cast(n, x, n.element(like)) : x);
}

constexpr std::array kOthers = {
    Operator{"Abs", convert_sign_function, 6},
    Operator{"Cast", convert_cast, 6},
    Operator{"CastLike", convert_cast_like, 15},
    Operator{"Clip", convert_clip, 6},
    Operator{"Gelu", convert_gelu, 20},
    Operator{"IsInf", convert_is_inf, 10},
    Operator{"IsNaN", convert_is_nan, 9},
    Operator{"Neg", convert_sign_function, 6},
    Operator{"Not", convert_not, 1},
    Operator{"Relu", convert_relu, 6},
    Operator{"Sigmoid", convert_sigmoid, 6},
    Operator{"Sign", convert_sign_function, 9},
    Operator{"Tanh", convert_tanh, 6},
};

constexpr auto all_operators() {
  std::array<Operator, kFunctions.size() + kOthers.size()> all{};
  std::size_t count = 0;
  for (const Function &f : kFunctions) {
    all[count++] = {f.operator_name, convert_function, 1};
  }
  for (const Operator &other : kOthers) {
    all[count++] = other;
  }
  return all;
}

constexpr auto kOperators = all_operators();

} // namespace

std::span<const Operator> unary_operators() { return kOperators; }

} // namespace tinyml::onnx
