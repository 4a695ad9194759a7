// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/operators.hpp"

/// Which tensors of an operator hold one part for each sample: those that attribute `layout` HWCN
/// turns to have the batch innermost (docs/ir.md, "Batch innermost").
namespace tinyml::ir {

[[nodiscard]] inline bool is_fused_training(Op op) {
  return family_of(op) == OperatorFamily::kFusedTraining;
}

[[nodiscard]] inline bool has_layout(Op op) {
  switch (family_of(op)) {
  case OperatorFamily::kConvolution:
  case OperatorFamily::kFullyConnected:
  case OperatorFamily::kPool:
  case OperatorFamily::kConvolutionGradient:
  case OperatorFamily::kProductGradient:
  case OperatorFamily::kPoolGradient:
  case OperatorFamily::kLoss:
  case OperatorFamily::kFusedTraining:
    return true;
  default:
    return false;
  }
}

/// Of an operator with a layout that is not fused.
[[nodiscard]] constexpr bool is_batched_input(Op op, std::size_t index) {
  switch (op) {
  case Op::kConv2dFilterGradient:
  case Op::kDepthwiseConv2dFilterGradient:
  case Op::kFullyConnectedFilterGradient:
  case Op::kMaxPool2dGradient:
    return true;
  default:
    return index == 0;
  }
}

[[nodiscard]] constexpr bool is_batched_output(Op op) {
  switch (op) {
  case Op::kConv2dFilterGradient:
  case Op::kDepthwiseConv2dFilterGradient:
  case Op::kFullyConnectedFilterGradient:
  case Op::kSoftmaxCrossEntropy:
    return false;
  default:
    return true;
  }
}

} // namespace tinyml::ir
