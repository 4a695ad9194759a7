// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/requantize.hpp"

namespace tinyml::kernels::generic {

/// How a product with int16 data ends. Sum = std::int64_t: one rounding, `multipliers` are 15-bit
/// fractions. Sum = std::int32_t: two roundings.
template <typename Sum> struct Int16Rescale {
  const Sum *bias; ///< one an output channel, or null
  const std::int32_t *multipliers;
  const std::int8_t *shifts;
  std::int16_t low; ///< range of the activation
  std::int16_t high;
  std::uint8_t table_step; ///< 1: tables hold an entry a channel, 0: one for all
};

[[nodiscard]] inline std::int32_t rescaled(std::int64_t sum, std::int32_t fraction,
                                           std::int32_t shift) {
  return multiply_wide(sum, fraction, shift);
}
[[nodiscard]] inline std::int32_t rescaled(std::int32_t sum, std::int32_t value,
                                           std::int32_t shift) {
  return multiply_by_quantized_multiplier(sum, {value, shift});
}

/// Sums wrap around.
template <typename Sum> [[nodiscard]] inline Sum wrapping_sum(Sum a, Sum b) {
  return static_cast<Sum>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

template <typename Sum>
[[nodiscard]] inline std::int16_t finish(const Int16Rescale<Sum> &p, Sum sum, int channel) {
  const int entry = channel * p.table_step;
  if (p.bias != nullptr) {
    sum = wrapping_sum(sum, p.bias[channel]);
  }
  return static_cast<std::int16_t>(
      clamp(rescaled(sum, p.multipliers[entry], p.shifts[entry]), p.low, p.high));
}

/// sum + x * weights over `count` neighbours.
template <typename Sum>
[[nodiscard]] inline Sum multiply_add(Sum sum, const std::int16_t *x, const std::int8_t *weights,
                                      int count) {
  for (int i = 0; i < count; ++i) {
    sum = wrapping_sum(sum, static_cast<Sum>(x[i] * weights[i]));
  }
  return sum;
}

} // namespace tinyml::kernels::generic
