// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/step.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/operators.hpp"

namespace tinyml::interpret {

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
  using Family = ir::OperatorFamily;
  const Family family = ir::family_of(context.node.op);
  if (family == Family::kRecurrent) {
    return make_recurrent(context);
  }
  if (context.is_int16()) {
    return make_int16(context);
  }
  if (family == Family::kFusedTraining) {
    return make_fused_training(context);
  }
  if (ir::layout_of(context.node) == ir::Layout::kHwcn) {
    return make_batch_innermost(context);
  }
  switch (family) {
  case Family::kConvolution:
    return make_convolution(context);
  case Family::kTransposeConvolution:
    return make_transpose_convolution(context);
  case Family::kFullyConnected:
    return make_fully_connected(context);
  case Family::kMatMul:
    return make_matmul(context);
  case Family::kPool:
    return make_pool(context);
  case Family::kMean:
  case Family::kMovement:
    return make_movement(context);
  case Family::kFunction:
    return make_function(context);
  case Family::kReduce:
  case Family::kArgReduce:
    return make_reduce(context);
  case Family::kIndexing:
    return make_indexing(context);
  case Family::kResize:
    return make_resize(context);
  case Family::kConvolutionGradient:
  case Family::kProductGradient:
  case Family::kPoolGradient:
  case Family::kLoss:
  case Family::kUpdate:
    return make_training(context);
  case Family::kArithmetic:
  case Family::kActivation:
  case Family::kLookup:
  case Family::kSoftmax:
  case Family::kBatchNorm:
  case Family::kConversion:
  case Family::kRecurrent: // both above
  case Family::kFusedTraining:
    break;
  }
  return make_elementwise(context);
}

} // namespace tinyml::interpret
