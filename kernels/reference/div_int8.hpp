// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/fixed_point.hpp"

/// Division of int8 by a fixed-point reciprocal, bit for bit TensorFlow Lite Micro's. Freestanding.
namespace tinyml::kernels {

/// scale a / (scale b * output scale), in single precision as the reference kernel prepares it.
[[nodiscard]] constexpr Multiplier div_multiplier(float first_scale, float second_scale,
                                                  float output_scale) {
  return quantize_multiplier(static_cast<double>(first_scale / (second_scale * output_scale)));
}

/// a / b of numbers above their zero points, before the output's zero point. What has no quotient
/// goes to the end of the range that its sign points to; 0 / 0 is 0.
[[nodiscard]] constexpr std::int32_t quotient(std::int32_t a, std::int32_t b, Multiplier output) {
  constexpr std::int32_t kBeyondInt8 = 1 << 10;
  if (a == 0 || b == 0) {
    return a == 0 ? 0 : (a > 0 ? kBeyondInt8 : -kBeyondInt8);
  }
  if (b < 0) {
    a = -a;
    b = -b;
  }
  const Reciprocal inverse = reciprocal(b, 31);
  const std::int32_t headroom = __builtin_clrsb(a);
  const std::int32_t unscaled =
      saturating_rounding_doubling_high_mul(shift_left_wrapping(a, headroom), inverse.value);
  const std::int32_t right_shift = inverse.bits_over_unit + headroom - output.shift;
  if (right_shift < 0) {
    return a > 0 ? kBeyondInt8 : -kBeyondInt8;
  }
  return right_shift > 31
             ? 0
             : rounding_divide_by_power_of_two(
                   saturating_rounding_doubling_high_mul(unscaled, output.value), right_shift);
}

} // namespace tinyml::kernels
