// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"

/// Which tensors of an operator hold one part for each sample: those that attribute `layout` HWCN
/// turns to have the batch innermost (docs/ir.md, "Batch innermost").
namespace tinyml::ir {

[[nodiscard]] constexpr bool has_layout(Op op) {
  switch (op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
  case Op::kFullyConnected:
  case Op::kMaxPool2d:
  case Op::kAveragePool2d:
  case Op::kConv2dInputGradient:
  case Op::kConv2dFilterGradient:
  case Op::kDepthwiseConv2dInputGradient:
  case Op::kDepthwiseConv2dFilterGradient:
  case Op::kFullyConnectedInputGradient:
  case Op::kFullyConnectedFilterGradient:
  case Op::kMaxPool2dGradient:
  case Op::kAveragePool2dGradient:
  case Op::kSoftmaxCrossEntropy:
  case Op::kSoftmaxCrossEntropyGradient:
  case Op::kConv2dFilterSgd:
  case Op::kDepthwiseConv2dFilterSgd:
  case Op::kFullyConnectedFilterSgd:
  case Op::kConv2dMaxPool:
  case Op::kPooledConv2dInputGradient:
  case Op::kPooledConv2dFilterGradient:
  case Op::kPooledConv2dFilterSgd:
    return true;
  default:
    return false;
  }
}

/// Operators that several others were fused into for training steps; the batch is innermost already
/// where they are made.
[[nodiscard]] constexpr bool is_fused_training(Op op) {
  switch (op) {
  case Op::kConv2dFilterSgd:
  case Op::kDepthwiseConv2dFilterSgd:
  case Op::kFullyConnectedFilterSgd:
  case Op::kConv2dMaxPool:
  case Op::kPooledConv2dInputGradient:
  case Op::kPooledConv2dFilterGradient:
  case Op::kPooledConv2dFilterSgd:
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
