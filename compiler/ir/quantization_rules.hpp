// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/ir/graph.hpp"

/// What integer arithmetic asks of scales and zero points (docs/ir.md, "Types"). The types
/// are legal otherwise; `verify` calls these.
namespace tinyml::ir {

/// Of a tensor that has a quantisation, by itself.
[[nodiscard]] Expected<void> check_quantization(const TensorType &type);

/// Of a node's inputs and output together.
[[nodiscard]] Expected<void> check_quantized_node(const Node &node,
                                                  const std::vector<TensorType> &inputs,
                                                  const TensorType &output);

/// Operators that take integers without a quantisation: as plain numbers, or without looking at
/// them. int8 arithmetic always has scales.
[[nodiscard]] bool takes_plain_integers(const Node &node, const std::vector<TensorType> &inputs);

} // namespace tinyml::ir
