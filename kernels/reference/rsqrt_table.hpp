// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/int8_tables.hpp"

/// 1 / sqrt(x) in the fixed point of TensorFlow Lite Micro.
namespace tinyml::kernels::reference {

/// 1 / sqrt(x) of an integer x > 0 as a multiplier. Five Newton-Raphson steps in Q3.28 on x shifted
/// by an even number of bits into [1/4, 1).
[[nodiscard]] constexpr Multiplier inverse_square_root(std::int32_t x) {
  if (x <= 1) {
    return {std::numeric_limits<std::int32_t>::max(), 0};
  }
  std::int32_t right_shift = 11;
  while (x >= 1 << 29) {
    x /= 4;
    ++right_shift;
  }
  const std::int32_t pairs = (__builtin_clz(static_cast<std::uint32_t>(x)) - 1) / 2 - 1;
  right_shift -= pairs;
  x <<= 2 * pairs;
  const std::int32_t half = rounding_divide_by_power_of_two(x >> 1, 1);
  constexpr std::int32_t kThreeHalves = (1 << 28) + (1 << 27);
  const auto multiply = saturating_rounding_doubling_high_mul;
  std::int32_t y = 1 << 28;
  for (int step = 0; step < 5; ++step) {
    const std::int32_t cube = saturating_shift_left(multiply(multiply(y, y), y), 6);
    y = saturating_shift_left(multiply(kThreeHalves, y) - multiply(half, cube), 3);
  }
  constexpr std::int32_t kHalfSquareRootOfTwo = 1518500250;
  y = multiply(y, kHalfSquareRootOfTwo);
  if (right_shift < 0) {
    y = shift_left_wrapping(y, -right_shift);
    right_shift = 0;
  }
  return {y, -right_shift};
}

/// Zero gives the largest code, and so does what is below zero, for which there is no answer.
[[nodiscard]] inline Int8Table rsqrt_table(const UnaryScales &s) {
  constexpr std::int32_t kShift = 20; // keeps 1 / sqrt(x) an integer
  Multiplier to_output = quantize_multiplier(
      1.0 / (std::sqrt(static_cast<double>(s.in_scale)) * static_cast<double>(s.out_scale)));
  to_output.shift -= kShift;
  return table_of_codes([&](std::int32_t code) -> std::int32_t {
    const std::int32_t x = code - s.in_zero;
    if (x <= 0 || to_output.shift > 30 || to_output.shift < -31) {
      return x > 0 && to_output.shift < -31 ? s.out_zero : 127;
    }
    Multiplier inverse = inverse_square_root(x);
    inverse.shift += kShift;
    return multiply_by_quantized_multiplier(multiply_by_quantized_multiplier(1, inverse),
                                            to_output) +
           s.out_zero;
  });
}

} // namespace tinyml::kernels::reference
