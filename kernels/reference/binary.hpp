// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/div_int8.hpp"
#include "kernels/reference/shapes.hpp"

#include <array>

/// Add, subtract, multiply and divide with numpy broadcasting over at most six dimensions.
namespace tinyml::kernels::reference {

inline constexpr std::size_t kBroadcastRank = 6;

/// Output shape, and how far each operand moves per step of a dimension (0 where it is broadcast).
struct BroadcastShape {
  std::array<std::int64_t, kBroadcastRank> out;
  std::array<std::int64_t, kBroadcastRank> a_steps;
  std::array<std::int64_t, kBroadcastRank> b_steps;
};

/// Calls `combine(a index, b index)` for every output element in order.
template <typename Combine> void for_broadcast(const BroadcastShape &s, const Combine &combine) {
  std::int64_t count = 1;
  for (const std::int64_t dim : s.out) {
    count *= dim;
  }
  for (std::int64_t flat = 0; flat < count; ++flat) {
    std::int64_t rest = flat;
    std::int64_t a = 0;
    std::int64_t b = 0;
    for (std::size_t d = kBroadcastRank; d-- > 0;) {
      const std::int64_t index = rest % s.out[d];
      rest /= s.out[d];
      a += index * s.a_steps[d];
      b += index * s.b_steps[d];
    }
    combine(a, b);
  }
}

enum class BinaryOp : std::uint8_t { kAdd, kSub, kMul, kDiv };

[[nodiscard]] inline float apply(BinaryOp op, float a, float b) {
  switch (op) {
  case BinaryOp::kAdd:
    return a + b;
  case BinaryOp::kSub:
    return a - b;
  case BinaryOp::kMul:
    return a * b;
  case BinaryOp::kDiv:
    break;
  }
  return a / b;
}

inline void binary(const BroadcastShape &s, BinaryOp op, const float *a, const float *b,
                   FloatClamp clamp, float *out) {
  for_broadcast(s, [&](std::int64_t i, std::int64_t j) { *out++ = clamp(apply(op, a[i], b[j])); });
}

/// Zero points of an int8 elementwise operator and the clamp of its output.
struct Int8Binary {
  std::int32_t a_zero, b_zero, out_zero;
  std::int32_t low = -128, high = 127;
};

inline void add(const BroadcastShape &s, const AddMultipliers &m, const Int8Binary &q,
                const std::int8_t *a, const std::int8_t *b, std::int8_t *out) {
  for_broadcast(s, [&](std::int64_t i, std::int64_t j) {
    const std::int32_t sum =
        add_operand(a[i] - q.a_zero, m.first) + add_operand(b[j] - q.b_zero, m.second);
    *out++ = requantize(sum, m.output, q.out_zero, q.low, q.high);
  });
}

inline void sub(const BroadcastShape &s, const AddMultipliers &m, const Int8Binary &q,
                const std::int8_t *a, const std::int8_t *b, std::int8_t *out) {
  for_broadcast(s, [&](std::int64_t i, std::int64_t j) {
    const std::int32_t difference =
        add_operand(a[i] - q.a_zero, m.first) - add_operand(b[j] - q.b_zero, m.second);
    *out++ = requantize(difference, m.output, q.out_zero, q.low, q.high);
  });
}

/// `multiplier` is scale a * scale b / output scale.
inline void mul(const BroadcastShape &s, Multiplier multiplier, const Int8Binary &q,
                const std::int8_t *a, const std::int8_t *b, std::int8_t *out) {
  for_broadcast(s, [&](std::int64_t i, std::int64_t j) {
    *out++ =
        requantize((a[i] - q.a_zero) * (b[j] - q.b_zero), multiplier, q.out_zero, q.low, q.high);
  });
}

/// `multiplier` is scale a / (scale b * output scale).
inline void div(const BroadcastShape &s, Multiplier multiplier, const Int8Binary &q,
                const std::int8_t *a, const std::int8_t *b, std::int8_t *out) {
  for_broadcast(s, [&](std::int64_t i, std::int64_t j) {
    const std::int32_t result = quotient(a[i] - q.a_zero, b[j] - q.b_zero, multiplier);
    *out++ = static_cast<std::int8_t>(kernels::clamp(result + q.out_zero, q.low, q.high));
  });
}

} // namespace tinyml::kernels::reference
