// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"

#include <span>
#include <string_view>

/// The table behind docs/ir.md: names, arities and attributes of the operators.
namespace tinyml::ir {

enum class AttributeKind : std::uint8_t { kInt, kDouble, kText, kInts, kDoubles };

struct AttributeInfo {
  std::string_view name;
  AttributeKind kind;
  bool required = false;
};

struct OperatorInfo {
  Op op;
  std::string_view name;
  std::size_t min_inputs;
  std::size_t max_inputs;
  std::span<const AttributeInfo> attributes;
  bool keeps_quantization = false; ///< "like input" in docs/ir.md
  std::size_t outputs = 1;
};

inline constexpr std::size_t kManyInputs = 1024;

[[nodiscard]] std::span<const OperatorInfo> operators();
[[nodiscard]] const OperatorInfo &operator_info(Op op);
[[nodiscard]] inline std::string_view op_name(Op op) { return operator_info(op).name; }
[[nodiscard]] std::optional<Op> parse_op_name(std::string_view name);

} // namespace tinyml::ir
