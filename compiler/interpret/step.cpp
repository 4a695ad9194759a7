// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/step.hpp"

#include "compiler/ir/batch.hpp"
#include "compiler/ir/edit.hpp"

namespace tinyml::interpret {

using ir::Op;

kernels::reference::FloatClamp float_clamp(ir::Activation activation) {
  kernels::reference::FloatClamp clamp;
  if (activation != ir::Activation::kNone) {
    clamp.low = 0;
  }
  if (activation == ir::Activation::kRelu6) {
    clamp.high = 6;
  }
  return clamp;
}

Failure<HostError> float_only(const ir::Node &node) {
  return fail(ErrorCode::kUnsupported, ir::describe(node) + " has no int8 form; see docs/ir.md");
}

Expected<Step> make_step(const StepContext &context) {
  if (ir::has_state(context.node.op)) {
    return make_recurrent(context);
  }
  if (context.is_int16()) {
    return make_int16(context);
  }
  if (ir::is_fused_training(context.node.op)) {
    return make_fused_training(context);
  }
  if (ir::layout_of(context.node) == ir::Layout::kHwcn) {
    return make_batch_innermost(context);
  }
  switch (context.node.op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
    return make_convolution(context);
  case Op::kFullyConnected:
    return make_fully_connected(context);
  case Op::kMatMul:
    return make_matmul(context);
  case Op::kMaxPool2d:
  case Op::kAveragePool2d:
    return make_pool(context);
  case Op::kMean:
  case Op::kPad:
  case Op::kReshape:
  case Op::kTranspose:
  case Op::kConcat:
    return make_movement(context);
  case Op::kUnary:
  case Op::kBinary:
  case Op::kSelect:
  case Op::kCast:
    return make_function(context);
  case Op::kReduce:
  case Op::kArgReduce:
    return make_reduce(context);
  case Op::kSlice:
  case Op::kGather:
  case Op::kGatherElements:
  case Op::kGatherNd:
  case Op::kScatterElements:
  case Op::kScatterNd:
  case Op::kTile:
    return make_indexing(context);
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
  case Op::kSgd:
  case Op::kMomentum:
  case Op::kAdam:
    return make_training(context);
  case Op::kResize:
    return make_resize(context);
  case Op::kTransposeConv2d:
    return make_transpose_convolution(context);
  case Op::kAdd:
  case Op::kSub:
  case Op::kMul:
  case Op::kDiv:
  case Op::kRelu:
  case Op::kClip:
  case Op::kSigmoid:
  case Op::kTanh:
  case Op::kSoftmax:
  case Op::kBatchNorm:
  case Op::kQuantize:
  case Op::kDequantize:
  case Op::kRequantize:
  case Op::kLookup:
  case Op::kSvdf: // remember: above
  case Op::kLstm:
  case Op::kConv2dFilterSgd: // fused: above
  case Op::kDepthwiseConv2dFilterSgd:
  case Op::kFullyConnectedFilterSgd:
  case Op::kConv2dMaxPool:
  case Op::kPooledConv2dInputGradient:
  case Op::kPooledConv2dFilterGradient:
  case Op::kPooledConv2dFilterSgd:
    break;
  }
  return make_elementwise(context);
}

} // namespace tinyml::interpret
