// SPDX-License-Identifier: Apache-2.0
// Operators on two elements at a time, and those that take any number of tensors.
#include "compiler/frontends/onnx/lowering.hpp"

#include <array>

namespace tinyml::onnx {
namespace {

void convert_arithmetic(NodeImport &n) {
  const std::string &name = n.proto().op_type();
  const ir::Op op = name == "Add"   ? ir::Op::kAdd
                    : name == "Sub" ? ir::Op::kSub
                    : name == "Mul" ? ir::Op::kMul
                                    : ir::Op::kDiv;
  n.define(0, n.emit(op, {n.input(0), n.input(1)}));
}

struct Function {
  std::string_view operator_name;
  const char *function;
  std::int64_t oldest_opset;
};

constexpr std::array kFunctions = {
    Function{"And", "and", 7},
    Function{"BitwiseAnd", "and", 18},
    Function{"BitwiseOr", "or", 18},
    Function{"BitwiseXor", "xor", 18},
    Function{"Equal", "equal", 7},
    Function{"Greater", "greater", 7},
    Function{"GreaterOrEqual", "greater_equal", 12},
    Function{"Less", "less", 7},
    Function{"LessOrEqual", "less_equal", 12},
    Function{"Or", "or", 7},
    Function{"PRelu", "prelu", 7},
    Function{"Xor", "xor", 7},
};

void convert_function(NodeImport &n) {
  for (const Function &f : kFunctions) {
    if (f.operator_name == n.proto().op_type()) {
      n.define(0, binary(n, f.function, n.input(0), n.input(1)));
    }
  }
}

void convert_mod(NodeImport &n) {
  const bool fmod = n.int_or("fmod", 0) != 0;
  n.define(0, binary(n, fmod ? "fmod" : "mod", n.input(0), n.input(1)));
}

void convert_bit_shift(NodeImport &n) {
  const bool left = n.text_or("direction", "") == "LEFT";
  n.define(0, binary(n, left ? "shift_left" : "shift_right", n.input(0), n.input(1)));
}

/// The result has the base's type; mixed types are computed in float.
void convert_pow(NodeImport &n) {
  ir::ValueId base = n.input(0);
  ir::ValueId exponent = n.input(1);
  if (!n.ok()) {
    return;
  }
  const ir::ElementType element = n.element(base);
  if (n.element(exponent) != element) {
    base = cast(n, base, ir::ElementType::kFloat32);
    exponent = cast(n, exponent, ir::ElementType::kFloat32);
  }
  n.define(0, cast(n, binary(n, "pow", base, exponent), element));
}

/// Max, Min, Sum and Mean of any number of tensors.
void convert_variadic(NodeImport &n) {
  const std::string &name = n.proto().op_type();
  ir::ValueId result = n.input(0);
  for (int i = 1; i < n.proto().input_size(); ++i) {
    if (name == "Max" || name == "Min") {
      result = binary(n, name == "Max" ? "max" : "min", result, n.input(i));
    } else {
      result = n.emit(ir::Op::kAdd, {result, n.input(i)});
    }
  }
  if (n.ok() && name == "Mean" && n.proto().input_size() > 1) {
    const ir::ValueId count =
        number(n, ir::ElementType::kFloat32, static_cast<double>(n.proto().input_size()));
    result = n.emit(ir::Op::kDiv, {result, count});
  }
  n.define(0, result);
}

void convert_where(NodeImport &n) { n.define(0, select(n, n.input(0), n.input(1), n.input(2))); }

constexpr std::array kOthers = {
    Operator{"Add", convert_arithmetic, 7}, Operator{"BitShift", convert_bit_shift, 11},
    Operator{"Div", convert_arithmetic, 7}, Operator{"Max", convert_variadic, 6},
    Operator{"Mean", convert_variadic, 6},  Operator{"Min", convert_variadic, 6},
    Operator{"Mod", convert_mod, 10},       Operator{"Mul", convert_arithmetic, 7},
    Operator{"Pow", convert_pow, 7},        Operator{"Sub", convert_arithmetic, 7},
    Operator{"Sum", convert_variadic, 6},   Operator{"Where", convert_where, 9},
};

constexpr auto all_operators() {
  std::array<Operator, kFunctions.size() + kOthers.size()> all{};
  std::size_t count = 0;
  for (const Function &f : kFunctions) {
    all[count++] = {f.operator_name, convert_function, f.oldest_opset};
  }
  for (const Operator &other : kOthers) {
    all[count++] = other;
  }
  return all;
}

constexpr auto kOperators = all_operators();

} // namespace

std::span<const Operator> binary_operators() { return kOperators; }

} // namespace tinyml::onnx
