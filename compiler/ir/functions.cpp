// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/functions.hpp"

#include "compiler/ir/attributes.hpp"

#include <array>

namespace tinyml::ir {
namespace {

namespace unary = kernels::unary;
using kernels::BinaryFunction;
using kernels::ReduceFunction;

constexpr std::array kUnary = {
    UnaryFunctionInfo{"abs", unary::abs},
    UnaryFunctionInfo{"neg", unary::neg},
    UnaryFunctionInfo{"sign", unary::sign},
    UnaryFunctionInfo{"floor", unary::floor},
    UnaryFunctionInfo{"ceil", unary::ceil},
    UnaryFunctionInfo{"round", unary::round},
    UnaryFunctionInfo{"square", unary::square},
    UnaryFunctionInfo{"sqrt", unary::sqrt},
    UnaryFunctionInfo{"rsqrt", unary::rsqrt},
    UnaryFunctionInfo{"reciprocal", unary::reciprocal},
    UnaryFunctionInfo{"exp", unary::exp},
    UnaryFunctionInfo{"log", unary::log},
    UnaryFunctionInfo{"erf", unary::erf},
    UnaryFunctionInfo{"sin", unary::sin},
    UnaryFunctionInfo{"cos", unary::cos},
    UnaryFunctionInfo{"tan", unary::tan},
    UnaryFunctionInfo{"asin", unary::asin},
    UnaryFunctionInfo{"acos", unary::acos},
    UnaryFunctionInfo{"atan", unary::atan},
    UnaryFunctionInfo{"sinh", unary::sinh},
    UnaryFunctionInfo{"cosh", unary::cosh},
    UnaryFunctionInfo{"asinh", unary::asinh},
    UnaryFunctionInfo{"acosh", unary::acosh},
    UnaryFunctionInfo{"atanh", unary::atanh},
    UnaryFunctionInfo{"leaky_relu", unary::leaky_relu},
    UnaryFunctionInfo{"thresholded_relu", unary::thresholded_relu},
    UnaryFunctionInfo{"elu", unary::elu},
    UnaryFunctionInfo{"celu", unary::celu},
    UnaryFunctionInfo{"selu", unary::selu},
    UnaryFunctionInfo{"hard_sigmoid", unary::hard_sigmoid},
    UnaryFunctionInfo{"hard_swish", unary::hard_swish},
    UnaryFunctionInfo{"softplus", unary::softplus},
    UnaryFunctionInfo{"softsign", unary::softsign},
    UnaryFunctionInfo{"mish", unary::mish},
    UnaryFunctionInfo{"shrink", unary::shrink},
    UnaryFunctionInfo{"gelu", unary::gelu},
    UnaryFunctionInfo{"gelu_tanh", unary::gelu_tanh},
};

/// The arithmetic ones have operators of their own and no text name.
constexpr std::array kBinary = {
    BinaryFunctionInfo{"", BinaryFunction::kAdd, "kAdd"},
    BinaryFunctionInfo{"", BinaryFunction::kSub, "kSub"},
    BinaryFunctionInfo{"", BinaryFunction::kMul, "kMul"},
    BinaryFunctionInfo{"", BinaryFunction::kDiv, "kDiv"},
    BinaryFunctionInfo{"min", BinaryFunction::kMin, "kMin"},
    BinaryFunctionInfo{"max", BinaryFunction::kMax, "kMax"},
    BinaryFunctionInfo{"pow", BinaryFunction::kPow, "kPow"},
    BinaryFunctionInfo{"mod", BinaryFunction::kMod, "kMod"},
    BinaryFunctionInfo{"fmod", BinaryFunction::kFmod, "kFmod"},
    BinaryFunctionInfo{"squared_difference", BinaryFunction::kSquaredDifference,
                       "kSquaredDifference"},
    BinaryFunctionInfo{"prelu", BinaryFunction::kPrelu, "kPrelu"},
    BinaryFunctionInfo{"relu_gradient", BinaryFunction::kReluGradient, "kReluGradient"},
    BinaryFunctionInfo{"relu6_gradient", BinaryFunction::kRelu6Gradient, "kRelu6Gradient"},
    BinaryFunctionInfo{"and", BinaryFunction::kAnd, "kAnd"},
    BinaryFunctionInfo{"or", BinaryFunction::kOr, "kOr"},
    BinaryFunctionInfo{"xor", BinaryFunction::kXor, "kXor"},
    BinaryFunctionInfo{"shift_left", BinaryFunction::kShiftLeft, "kShiftLeft"},
    BinaryFunctionInfo{"shift_right", BinaryFunction::kShiftRight, "kShiftRight"},
    BinaryFunctionInfo{"equal", BinaryFunction::kEqual, "kEqual"},
    BinaryFunctionInfo{"not_equal", BinaryFunction::kNotEqual, "kNotEqual"},
    BinaryFunctionInfo{"less", BinaryFunction::kLess, "kLess"},
    BinaryFunctionInfo{"less_equal", BinaryFunction::kLessEqual, "kLessEqual"},
    BinaryFunctionInfo{"greater", BinaryFunction::kGreater, "kGreater"},
    BinaryFunctionInfo{"greater_equal", BinaryFunction::kGreaterEqual, "kGreaterEqual"},
};

constexpr std::array kReduce = {
    ReduceFunctionInfo{"sum", ReduceFunction::kSum, "kSum"},
    ReduceFunctionInfo{"max", ReduceFunction::kMax, "kMax"},
    ReduceFunctionInfo{"min", ReduceFunction::kMin, "kMin"},
    ReduceFunctionInfo{"prod", ReduceFunction::kProd, "kProd"},
    ReduceFunctionInfo{"l1", ReduceFunction::kL1, "kL1"},
    ReduceFunctionInfo{"l2", ReduceFunction::kL2, "kL2"},
    ReduceFunctionInfo{"sum_square", ReduceFunction::kSumSquare, "kSumSquare"},
    ReduceFunctionInfo{"log_sum", ReduceFunction::kLogSum, "kLogSum"},
    ReduceFunctionInfo{"log_sum_exp", ReduceFunction::kLogSumExp, "kLogSumExp"},
};

template <typename Table> auto find(const Table &table, std::string_view name) {
  for (const auto &entry : table) {
    if (!name.empty() && entry.name == name) {
      return &entry;
    }
  }
  return static_cast<const typename Table::value_type *>(nullptr);
}

} // namespace

std::span<const UnaryFunctionInfo> unary_functions() { return kUnary; }

const UnaryFunctionInfo *find_unary_function(std::string_view name) { return find(kUnary, name); }

std::span<const BinaryFunctionInfo> binary_functions() { return kBinary; }

const BinaryFunctionInfo *find_binary_function(std::string_view name) {
  return find(kBinary, name);
}

std::optional<BinaryFunction> binary_function_of(const Node &node) {
  switch (node.op) {
  case Op::kAdd:
    return BinaryFunction::kAdd;
  case Op::kSub:
    return BinaryFunction::kSub;
  case Op::kMul:
    return BinaryFunction::kMul;
  case Op::kDiv:
    return BinaryFunction::kDiv;
  default:
    break;
  }
  const auto *info = find_binary_function(text_attribute(node, "function", ""));
  return info != nullptr ? std::optional(info->function) : std::nullopt;
}

std::string_view constant_name(BinaryFunction function) {
  return kBinary[static_cast<std::size_t>(function)].constant; // in the order of the enum
}

const ReduceFunctionInfo *find_reduce_function(std::string_view name) {
  return find(kReduce, name);
}

CodeArithmetic arithmetic_of(kernels::BinaryFunction function, const TensorType &a,
                             const TensorType &b, const TensorType &out) {
  using kernels::BinaryFunction;
  const bool plain = a.element == ElementType::kFloat32 ||
                     (!a.quantization && !b.quantization && !out.quantization);
  const bool picks = (function == BinaryFunction::kMin || function == BinaryFunction::kMax) &&
                     a.quantization == b.quantization && a.quantization == out.quantization;
  if (plain || picks) {
    return CodeArithmetic::kPlain;
  }
  const bool quantized = a.quantization && b.quantization && out.quantization &&
                         (a.element == ElementType::kInt8 || a.element == ElementType::kInt16);
  const bool rescales =
      function == BinaryFunction::kSquaredDifference || function == BinaryFunction::kPrelu;
  return quantized && rescales ? CodeArithmetic::kRescaled : CodeArithmetic::kNone;
}

} // namespace tinyml::ir
