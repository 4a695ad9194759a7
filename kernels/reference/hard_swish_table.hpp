// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/int8_tables.hpp"

/// x * relu6(x + 3) / 6 in the 16-bit fixed point of TensorFlow Lite Micro.
namespace tinyml::kernels::reference {

[[nodiscard]] constexpr std::int32_t saturate16(std::int32_t x) { return clamp(x, -32768, 32767); }

/// round(a * b / 2^15) of two 16-bit numbers, halves away from zero.
[[nodiscard]] constexpr std::int32_t rounding_high_mul16(std::int32_t a, std::int32_t b) {
  const std::int32_t product = a * b;
  const std::int32_t nudge = product >= 0 ? 1 << 14 : 1 - (1 << 14);
  return saturate16((product + nudge) / (1 << 15));
}

/// The same, towards zero: it cancels the bias of the rounded products before it.
[[nodiscard]] constexpr std::int32_t truncating_high_mul16(std::int32_t a, std::int32_t b) {
  return saturate16(a * b / (1 << 15));
}

[[nodiscard]] constexpr std::int32_t saturating_shift_left16(std::int32_t x,
                                                             std::int32_t exponent) {
  const std::int64_t shifted =
      static_cast<std::int64_t>(x) * (1LL << (exponent < 40 ? exponent : 40));
  return static_cast<std::int32_t>(shifted > 32767 ? 32767 : (shifted < -32768 ? -32768 : shifted));
}

/// How far x is between -3 and 3, as 0 ... 1 in Q0.15. The shift to the left is done in two steps,
/// so that only the last one can saturate to an effect.
[[nodiscard]] constexpr std::int32_t hard_swish_gate(std::int32_t x, Multiplier multiplier) {
  const std::int32_t exponent = multiplier.shift;
  if (exponent > 0) {
    x = saturating_shift_left16(x, exponent - 1);
  }
  x = rounding_high_mul16(x, fraction16(multiplier));
  if (exponent > 0) {
    x = saturating_shift_left16(x, 1);
  } else if (exponent < 0) {
    x = rounding_divide_by_power_of_two(x, -exponent);
  }
  return (x + (1 << 15)) >> 1;
}

struct HardSwishMultipliers {
  Multiplier to_output;
  Multiplier to_gate;

  /// Whether 16 bits can hold the steps in between; other scales go through float.
  [[nodiscard]] bool fit() const {
    return to_output.shift <= 0 && to_output.shift > -16 && to_gate.shift > -16;
  }
};

[[nodiscard]] inline HardSwishMultipliers hard_swish_multipliers(const UnaryScales &s) {
  const float fine_scale = (1.0F / 128.0F) * s.in_scale;
  return {quantize_multiplier(static_cast<double>(fine_scale / s.out_scale)),
          quantize_multiplier(static_cast<double>(fine_scale / (3.0F / 32768.0F)))};
}

[[nodiscard]] inline Int8Table hard_swish_table(const UnaryScales &s) {
  const HardSwishMultipliers m = hard_swish_multipliers(s);
  return table_of_codes([&](std::int32_t code) -> std::int32_t {
    const std::int32_t x = (code - s.in_zero) * (1 << 7);
    const std::int32_t scaled = rounding_high_mul16(x, fraction16(m.to_output));
    const std::int32_t product = truncating_high_mul16(hard_swish_gate(x, m.to_gate), scaled);
    return rounding_divide_by_power_of_two(product, -m.to_output.shift) + s.out_zero;
  });
}

} // namespace tinyml::kernels::reference
