// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/broadcast.hpp"
#include "compiler/interpret/step.hpp"
#include "kernels/reference/binary_int16.hpp"
#include "kernels/reference/sigmoid16.hpp"
#include "kernels/reference/softmax16_tables.hpp"
#include "kernels/reference/unary.hpp"

/// Operators on quantised int16. What only moves elements is done where int8 is.
namespace tinyml::interpret {
namespace {

namespace reference = kernels::reference;
using ir::Op;
using std::int16_t;

Step make_binary(const StepContext &c) {
  const auto shape = broadcast_shape(c.in_type(0).shape, c.in_type(1).shape, c.out_type().shape);
  const ir::Range range = ir::activation_range(ir::activation_of(c.node), c.out_type());
  const float a = c.scale(c.in_type(0));
  const float b = c.scale(c.in_type(1));
  const float out = c.scale(c.out_type());
  const auto run = [=](auto kernel, auto multipliers) -> Step {
    return [=] {
      kernel(shape, multipliers, range.low, range.high, c.in<int16_t>(0), c.in<int16_t>(1),
             c.out<int16_t>());
    };
  };
  constexpr std::int32_t kShift = kernels::AddMultipliers::kLeftShift16;
  switch (c.node.op) {
  case Op::kAdd:
    return run(reference::add16, kernels::add_multipliers(a, b, out, kShift));
  case Op::kSub:
    return run(reference::sub16, kernels::sub_multipliers(a, b, out, kShift));
  default:
    return run(reference::mul16, kernels::convolution_multiplier(a, b, out));
  }
}

Step make_sigmoid(const StepContext &c) {
  const bool is_tanh = c.node.op == Op::kTanh;
  const auto input = kernels::sigmoid_input(c.scale(c.in_type(0)), is_tanh);
  return [=, count = c.count()] {
    const auto *x = c.in<int16_t>(0);
    std::transform(x, x + count, c.out<int16_t>(), [=](int16_t value) {
      return is_tanh ? kernels::tanh16(value, input) : kernels::sigmoid16(value, input);
    });
  };
}

Expected<Step> make_softmax(const StepContext &c) {
  const ir::Shape &x = c.in_type(0).shape;
  if (ir::int_attribute(c.node, "axis", 0) + 1 != static_cast<std::int64_t>(x.size())) {
    return fail(ErrorCode::kUnsupported, "softmax is computed along the last axis only");
  }
  const auto multiplier =
      kernels::softmax16_multiplier(ir::double_attribute(c.node, "beta", 1), c.scale(c.in_type(0)));
  return Step([=, depth = x.back(), count = c.count(), e = reference::softmax_exponentials(),
               r = reference::softmax_reciprocals()] {
    const kernels::Softmax16 row{multiplier, e.data(), r.data()};
    for (std::int64_t at = 0; at < count; at += depth) {
      kernels::softmax16_row(row, static_cast<std::int32_t>(depth), c.in<int16_t>(0) + at,
                             c.out<int16_t>() + at);
    }
  });
}

Step make_clip(const StepContext &c, double low, double high) {
  const ir::Range range = ir::clamp_range(low, high, c.out_type());
  return [=, count = c.count()] {
    reference::clip(count, c.in<int16_t>(0), range.low, range.high, c.out<int16_t>());
  };
}

} // namespace

Expected<Step> make_int16(const StepContext &c) {
  switch (c.node.op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
    return ir::layout_of(c.node) == ir::Layout::kNchw ? Expected<Step>(float_only(c.node))
                                                      : Expected<Step>(make_int16_product(c));
  case Op::kFullyConnected:
    return make_int16_product(c);
  case Op::kMatMul:
    return make_matmul(c);
  case Op::kMaxPool2d:
  case Op::kAveragePool2d:
    return make_pool(c);
  case Op::kAdd:
  case Op::kSub:
  case Op::kMul:
    return make_binary(c);
  case Op::kSigmoid:
  case Op::kTanh:
    return make_sigmoid(c);
  case Op::kSoftmax:
    return make_softmax(c);
  case Op::kRelu:
    return make_clip(c, 0, ir::kInfinity);
  case Op::kClip:
    return make_clip(c, ir::double_attribute(c.node, "min", -ir::kInfinity),
                     ir::double_attribute(c.node, "max", ir::kInfinity));
  case Op::kMean:
  case Op::kPad:
  case Op::kReshape:
  case Op::kTranspose:
  case Op::kConcat:
    return make_movement(c);
  case Op::kSlice:
  case Op::kGather:
  case Op::kGatherElements:
  case Op::kGatherNd:
  case Op::kTile:
    return make_indexing(c);
  case Op::kReduce:
  case Op::kArgReduce:
    return make_reduce(c);
  case Op::kBinary:
    return make_binary_function(c);
  case Op::kResize:
    return make_resize(c);
  case Op::kDequantize:
  case Op::kRequantize:
    return make_elementwise(c);
  default:
    return float_only(c.node);
  }
}

} // namespace tinyml::interpret
