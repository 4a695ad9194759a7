// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"

/// Operators that write variables (docs/ir.md, "Variables").
namespace tinyml::ir {

/// How many of an operator's first inputs are variables that it writes; 0 for most.
[[nodiscard]] constexpr std::size_t updated_inputs(Op op) {
  switch (op) {
  case Op::kSgd:
  case Op::kConv2dFilterSgd:
  case Op::kDepthwiseConv2dFilterSgd:
  case Op::kFullyConnectedFilterSgd:
  case Op::kPooledConv2dFilterSgd:
    return 1;
  case Op::kMomentum:
    return 2;
  case Op::kAdam:
    return 3;
  default:
    return 0;
  }
}
[[nodiscard]] constexpr bool is_update(Op op) { return updated_inputs(op) > 0; }

} // namespace tinyml::ir
