// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/element.hpp"
#include "compiler/ir/edit.hpp"
#include "compiler/ir/int8_table.hpp"
#include "kernels/reference/binary.hpp"
#include "kernels/reference/matmul.hpp"
#include "kernels/reference/matmul_quantized.hpp"
#include "kernels/reference/softmax.hpp"
#include "kernels/reference/unary.hpp"

namespace tinyml::interpret {
namespace {

namespace reference = kernels::reference;
using ir::Op;

/// Steps of an operand of shape `in` while walking an output of shape `out`.
std::array<std::int64_t, 6> broadcast_steps(const ir::Shape &in, const ir::Shape &out) {
  std::array<std::int64_t, 6> steps{};
  std::int64_t step = 1;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::int64_t dim = in[in.size() - 1 - i];
    steps[5 - i] = dim == out[out.size() - 1 - i] ? step : 0;
    step *= dim;
  }
  return steps;
}

reference::BinaryOp binary_op(Op op) {
  switch (op) {
  case Op::kAdd:
    return reference::BinaryOp::kAdd;
  case Op::kSub:
    return reference::BinaryOp::kSub;
  case Op::kMul:
    return reference::BinaryOp::kMul;
  default:
    return reference::BinaryOp::kDiv;
  }
}

Expected<Step> make_int8_binary(const StepContext &c, const reference::BroadcastShape &shape) {
  const ir::TensorType &a = c.in_type(0);
  const ir::TensorType &b = c.in_type(1);
  const ir::TensorType &out = c.out_type();
  const ir::Range range = ir::activation_range(ir::activation_of(c.node), *out.quantization);
  const reference::Int8Binary q{c.zero(a), c.zero(b), c.zero(out), range.low, range.high};
  const auto run = [=](auto kernel, auto multipliers) -> Step {
    return [=] {
      kernel(shape, multipliers, q, c.in<std::int8_t>(0), c.in<std::int8_t>(1),
             c.out<std::int8_t>());
    };
  };
  switch (c.node.op) {
  case Op::kAdd:
    return run(reference::add, kernels::add_multipliers(c.scale(a), c.scale(b), c.scale(out)));
  case Op::kSub:
    return run(reference::sub, kernels::sub_multipliers(c.scale(a), c.scale(b), c.scale(out)));
  case Op::kMul:
    return run(reference::mul,
               kernels::convolution_multiplier(c.scale(a), c.scale(b), c.scale(out)));
  default:
    return run(reference::div, kernels::div_multiplier(c.scale(a), c.scale(b), c.scale(out)));
  }
}

Expected<Step> make_binary(const StepContext &c) {
  const auto shape = broadcast_shape(c.in_type(0).shape, c.in_type(1).shape, c.out_type().shape);
  if (c.is_int8()) {
    return make_int8_binary(c, shape);
  }
  if (c.in_type(0).element != ir::ElementType::kFloat32) {
    return make_binary_function(c);
  }
  const auto clamp = float_clamp(ir::activation_of(c.node));
  return Step([=, op = binary_op(c.node.op)] {
    reference::binary(shape, op, c.in<float>(0), c.in<float>(1), clamp, c.out<float>());
  });
}

Step make_clip(const StepContext &c, double low, double high) {
  const std::int64_t count = c.count();
  if (c.is_int8()) {
    const ir::Range range = ir::clamp_range(low, high, *c.out_type().quantization);
    return [=] {
      reference::clip(count, c.in<std::int8_t>(0), range.low, range.high, c.out<std::int8_t>());
    };
  }
  const reference::FloatClamp clamp{static_cast<float>(low), static_cast<float>(high)};
  return [=] { reference::clip(count, c.in<float>(0), clamp, c.out<float>()); };
}

Expected<Step> make_softmax(const StepContext &c) {
  const auto axis = static_cast<std::size_t>(ir::int_attribute(c.node, "axis", 0));
  const ir::Shape &x = c.in_type(0).shape;
  if (axis + 1 != x.size()) {
    return fail(ErrorCode::kUnsupported, ir::describe(c.node) +
                                             " is computed along the last axis only; run the "
                                             "default passes first");
  }
  const auto depth = static_cast<std::int32_t>(x.back());
  const std::int64_t rows = c.count() / depth;
  const double beta = ir::double_attribute(c.node, "beta", 1);
  if (!c.is_int8()) {
    return Step([=] {
      reference::softmax(rows, depth, c.in<float>(0), static_cast<float>(beta), c.out<float>());
    });
  }
  const auto constants = kernels::softmax_constants(beta, c.scale(c.in_type(0)));
  return Step([=] {
    reference::softmax(rows, depth, c.in<std::int8_t>(0), constants, c.out<std::int8_t>());
  });
}

Expected<Step> make_int8_unary(const StepContext &c) {
  const auto table = ir::int8_table(c.node, c.in_type(0), c.out_type());
  if (!table) {
    return float_only(c.node);
  }
  return Step([=, count = c.count(), table = *table] {
    reference::lookup(count, c.in<std::int8_t>(0), table.data(), c.out<std::int8_t>());
  });
}

Step make_lookup(const StepContext &c) {
  return [=, count = c.count()] {
    reference::lookup(count, c.in<std::int8_t>(0), c.in<std::int8_t>(1), c.out<std::int8_t>());
  };
}

Expected<Step> make_float_function(const StepContext &c,
                                   void (*kernel)(std::int64_t, const float *, float *)) {
  if (c.in_type(0).element != ir::ElementType::kFloat32) {
    return make_int8_unary(c);
  }
  return Step([=, count = c.count()] { kernel(count, c.in<float>(0), c.out<float>()); });
}

Step make_batch_norm(const StepContext &c) {
  const auto axis = static_cast<std::size_t>(ir::int_attribute(c.node, "axis", 1));
  const ir::Shape &x = c.in_type(0).shape;
  const std::int64_t inner =
      ir::element_count({x.begin() + static_cast<std::ptrdiff_t>(axis) + 1, x.end()});
  const reference::BatchNormShape shape{c.count() / (inner * x[axis]), x[axis], inner};
  const auto epsilon = static_cast<float>(ir::double_attribute(c.node, "epsilon", 1e-5));
  return [=] {
    reference::batch_norm(shape, c.in<float>(0), c.in<float>(1), c.in<float>(2), c.in<float>(3),
                          c.in<float>(4), epsilon, c.out<float>());
  };
}

template <typename T> Step make_dequantize_from(const StepContext &c) {
  const ir::TensorType &x = c.in_type(0);
  const ir::Quantization &q = *x.quantization;
  const std::int64_t run =
      q.axis < 0 ? c.count() : ir::element_count({x.shape.begin() + q.axis + 1, x.shape.end()});
  const auto scales = static_cast<std::int64_t>(q.scales.size());
  return [=, &q, count = c.count()] {
    reference::dequantize(count, run, scales, c.in<T>(0), q.scales.data(), q.zero_points.data(),
                          c.out<float>());
  };
}

template <typename T> Step make_requantize_from(const StepContext &c) {
  const ir::TensorType &out = c.out_type();
  const auto multiplier = kernels::quantize_multiplier(static_cast<double>(c.scale(c.in_type(0))) /
                                                       static_cast<double>(c.scale(out)));
  const bool to_int16 = out.element == ir::ElementType::kInt16;
  return [=, count = c.count(), x_zero = c.zero(c.in_type(0)), zero = c.zero(out)] {
    to_int16
        ? reference::requantize(count, c.in<T>(0), x_zero, multiplier, zero, c.out<std::int16_t>())
        : reference::requantize(count, c.in<T>(0), x_zero, multiplier, zero, c.out<std::int8_t>());
  };
}

/// With one scale or one per index of an axis.
template <typename T> Step make_quantize_to(const StepContext &c) {
  const ir::Quantization &q = *c.out_type().quantization;
  const ir::Shape &shape = c.out_type().shape;
  const std::int64_t run =
      q.axis < 0 ? c.count() : ir::element_count({shape.begin() + q.axis + 1, shape.end()});
  return [=, &q, count = c.count()] {
    const auto scales = static_cast<std::int64_t>(q.scales.size());
    for (std::int64_t first = 0; first < count; first += run) {
      const auto i = static_cast<std::size_t>(first / run % scales);
      reference::quantize(run, c.in<float>(0) + first, q.scales[i], q.zero_points[i],
                          c.out<T>() + first);
    }
  };
}

Expected<Step> make_conversion(const StepContext &c) {
  const std::int64_t count = c.count();
  const ir::TensorType &out = c.out_type();
  if (c.node.op == Op::kDequantize) {
    switch (c.in_type(0).element) {
    case ir::ElementType::kInt8:
      return make_dequantize_from<std::int8_t>(c);
    case ir::ElementType::kUint8:
      return make_dequantize_from<std::uint8_t>(c);
    case ir::ElementType::kInt16:
      return make_dequantize_from<std::int16_t>(c);
    case ir::ElementType::kInt32:
      return make_dequantize_from<std::int32_t>(c);
    default:
      return float_only(c.node);
    }
  }
  if (c.node.op == Op::kQuantize && out.element == ir::ElementType::kUint8) {
    return make_quantize_to<std::uint8_t>(c);
  }
  const bool to_int16 = out.element == ir::ElementType::kInt16;
  if ((out.element != ir::ElementType::kInt8 && !to_int16) || out.quantization->axis >= 0) {
    return fail(ErrorCode::kUnsupported,
                "activations are quantised to int8 or int16 with one scale only");
  }
  if (c.node.op == Op::kQuantize) {
    return Step([=, scale = c.scale(out), zero = c.zero(out)] {
      to_int16 ? reference::quantize(count, c.in<float>(0), scale, zero, c.out<std::int16_t>())
               : reference::quantize(count, c.in<float>(0), scale, zero, c.out<std::int8_t>());
    });
  }
  if (!c.is_int8() && !c.is_int16()) {
    return float_only(c.node);
  }
  return c.is_int8() ? make_requantize_from<std::int8_t>(c) : make_requantize_from<std::int16_t>(c);
}

} // namespace

reference::BroadcastShape broadcast_shape(const ir::Shape &a, const ir::Shape &b,
                                          const ir::Shape &out) {
  return {full_dims(out), broadcast_steps(a, out), broadcast_steps(b, out)};
}

template <typename T> Step make_quantized_matmul(const StepContext &c) {
  const ir::Shape &a = c.in_type(0).shape;
  const ir::Shape &b = c.in_type(1).shape;
  const ir::Shape &out = c.out_type().shape;
  const auto shape = broadcast_shape({a.begin(), a.end() - 2}, {b.begin(), b.end() - 2},
                                     {out.begin(), out.end() - 2});
  const reference::MatMulArithmetic q{
      c.zero(c.in_type(0)), c.zero(c.in_type(1)), c.zero(c.out_type()),
      kernels::convolution_multiplier(c.scale(c.in_type(0)), c.scale(c.in_type(1)),
                                      c.scale(c.out_type()))};
  return [=, rows = a[a.size() - 2], inner = a.back(), columns = b.back()] {
    T *result = c.out<T>();
    reference::for_broadcast(shape, [&](std::int64_t i, std::int64_t j) {
      reference::matmul(rows, inner, columns, q, c.in<T>(0) + i * rows * inner,
                        c.in<T>(1) + j * inner * columns, result);
      result += rows * columns;
    });
  };
}

Step make_matmul(const StepContext &c) {
  if (c.is_int8()) {
    return make_quantized_matmul<std::int8_t>(c);
  }
  if (c.is_int16()) {
    return make_quantized_matmul<std::int16_t>(c);
  }
  const ir::Shape &a = c.in_type(0).shape;
  const ir::Shape &b = c.in_type(1).shape;
  const ir::Shape &out = c.out_type().shape;
  const ir::Shape batches(out.begin(), out.end() - 2);
  const auto shape = broadcast_shape({a.begin(), a.end() - 2}, {b.begin(), b.end() - 2}, batches);
  const std::int64_t rows = a[a.size() - 2];
  const std::int64_t inner = a.back();
  const std::int64_t columns = b.back();
  return [=] {
    float *result = c.out<float>();
    reference::for_broadcast(shape, [&](std::int64_t i, std::int64_t j) {
      reference::matmul(rows, inner, columns, c.in<float>(0) + i * rows * inner,
                        c.in<float>(1) + j * inner * columns, result);
      result += rows * columns;
    });
  };
}

Expected<Step> make_elementwise(const StepContext &c) {
  switch (c.node.op) {
  case Op::kAdd:
  case Op::kSub:
  case Op::kMul:
  case Op::kDiv:
    return make_binary(c);
  case Op::kRelu:
    return make_clip(c, 0, ir::kInfinity);
  case Op::kClip:
    return make_clip(c, ir::double_attribute(c.node, "min", -ir::kInfinity),
                     ir::double_attribute(c.node, "max", ir::kInfinity));
  case Op::kSoftmax:
    return make_softmax(c);
  case Op::kLookup:
    return make_lookup(c);
  case Op::kQuantize:
  case Op::kDequantize:
  case Op::kRequantize:
    return make_conversion(c);
  case Op::kSigmoid:
    return make_float_function(c, reference::sigmoid);
  case Op::kTanh:
    return make_float_function(c, reference::tanh);
  case Op::kBatchNorm:
    return c.is_int8() ? Expected<Step>(float_only(c.node)) : make_batch_norm(c);
  default:
    return fail(ErrorCode::kInternal, ir::describe(c.node) + " is not computed elementwise");
  }
}

} // namespace tinyml::interpret
