// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"
#include "kernels/reference/binary_functions.hpp"
#include "kernels/reference/reduce.hpp"
#include "kernels/reference/unary_functions.hpp"

#include <optional>
#include <span>
#include <string_view>

/// Names of the functions of `unary`, `binary` and `reduce`, as the attribute `function` gives
/// them.
namespace tinyml::ir {

struct UnaryFunctionInfo {
  std::string_view name; ///< also of the function in kernels::unary
  kernels::unary::Function function;
};
[[nodiscard]] std::span<const UnaryFunctionInfo> unary_functions();
/// Null when there is no such function.
[[nodiscard]] const UnaryFunctionInfo *find_unary_function(std::string_view name);

struct BinaryFunctionInfo {
  std::string_view name;
  kernels::BinaryFunction function;
  std::string_view constant; ///< "kPow": the enumerator, for generated code
};
[[nodiscard]] std::span<const BinaryFunctionInfo> binary_functions();
[[nodiscard]] const BinaryFunctionInfo *find_binary_function(std::string_view name);
/// The function of `binary`, and of add, sub, mul and div on plain integers.
[[nodiscard]] std::optional<kernels::BinaryFunction> binary_function_of(const Node &node);
[[nodiscard]] std::string_view constant_name(kernels::BinaryFunction function);

struct ReduceFunctionInfo {
  std::string_view name;
  kernels::ReduceFunction function;
  std::string_view constant;
};
[[nodiscard]] const ReduceFunctionInfo *find_reduce_function(std::string_view name);

/// Whether no operand carries a quantisation: its integers mean themselves.
[[nodiscard]] inline bool is_plain_integer(const TensorType &type) {
  return type.element != ElementType::kFloat32 && !type.quantization;
}

/// How a function of two is computed on these types.
enum class CodeArithmetic : std::uint8_t {
  kNone,  ///< not at all
  kPlain, ///< on the elements as they are: float, plain integers, and the smaller or larger of two
          ///< numbers of one quantisation
  kRescaled, ///< with multipliers between the quantisations
};
[[nodiscard]] CodeArithmetic arithmetic_of(kernels::BinaryFunction function, const TensorType &a,
                                           const TensorType &b, const TensorType &out);

} // namespace tinyml::ir
