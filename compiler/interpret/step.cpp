// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/step.hpp"

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
  default:
    return make_elementwise(context);
  }
}

} // namespace tinyml::interpret
