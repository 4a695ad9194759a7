// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"

#include <span>
#include <string_view>

/// The table behind docs/ir.md: names, families, arities and attributes of the operators.
namespace tinyml::ir {

enum class AttributeKind : std::uint8_t { kInt, kDouble, kText, kInts, kDoubles };

struct AttributeInfo {
  std::string_view name;
  AttributeKind kind;
  bool required = false;
};

/// Operators that are inferred, computed and generated alike.
enum class OperatorFamily : std::uint8_t {
  kConvolution,
  kTransposeConvolution,
  kFullyConnected,
  kMatMul,
  kPool,
  kMean,
  kArithmetic, ///< of two tensors that broadcast
  kActivation,
  kLookup,
  kSoftmax,
  kBatchNorm,
  kMovement, ///< elements go to other places, unchanged
  kConversion,
  kRecurrent, ///< remembers (compiler/ir/state.hpp)
  kFunction,  ///< of each element by itself (compiler/ir/functions.hpp)
  kReduce,
  kArgReduce,
  kIndexing,
  kResize,
  kConvolutionGradient,
  kProductGradient,
  kPoolGradient,
  kLoss,
  kUpdate,
  kFusedTraining, ///< of several for training steps; the batch is innermost where they are made
};

struct OperatorInfo {
  Op op;
  OperatorFamily family;
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
[[nodiscard]] inline OperatorFamily family_of(Op op) { return operator_info(op).family; }
[[nodiscard]] std::optional<Op> parse_op_name(std::string_view name);

} // namespace tinyml::ir
