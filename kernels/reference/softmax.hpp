// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/fixed_point.hpp"

#include <algorithm>
#include <cmath>

/// Softmax over rows of `depth` elements.
namespace tinyml::kernels::reference {

inline void softmax_row(const float *x, std::int32_t depth, float beta, float *out) {
  const float largest = *std::max_element(x, x + depth);
  float sum = 0;
  for (std::int32_t i = 0; i < depth; ++i) {
    out[i] = std::exp((x[i] - largest) * beta);
    sum += out[i];
  }
  for (std::int32_t i = 0; i < depth; ++i) {
    out[i] /= sum;
  }
}

inline void softmax(std::int64_t rows, std::int32_t depth, const float *x, float beta, float *out) {
  for (std::int64_t r = 0; r < rows; ++r) {
    softmax_row(x + r * depth, depth, beta, out + r * depth);
  }
}

/// Sum of the row's exponentials in Q12.19.
[[nodiscard]] inline std::int32_t softmax_sum(const std::int8_t *x, std::int32_t depth,
                                              std::int32_t largest, const SoftmaxConstants &c) {
  std::int32_t sum = 0;
  for (std::int32_t i = 0; i < depth; ++i) {
    const std::int32_t difference = x[i] - largest;
    if (difference >= c.diff_min) {
      const std::int32_t e = exp_on_negative_values(softmax_scaled_difference(difference, c));
      sum += rounding_divide_by_power_of_two(e, 12);
    }
  }
  return sum;
}

/// The output has scale 1/256 and zero point -128.
inline void softmax_row(const std::int8_t *x, std::int32_t depth, const SoftmaxConstants &c,
                        std::int8_t *out) {
  const std::int8_t top = *std::max_element(x, x + depth);
  const int largest{top};
  const Reciprocal scale = reciprocal(softmax_sum(x, depth, largest, c), 12);
  for (std::int32_t i = 0; i < depth; ++i) {
    const std::int32_t difference = x[i] - largest;
    std::int32_t result = -128;
    if (difference >= c.diff_min) {
      const std::int32_t e = exp_on_negative_values(softmax_scaled_difference(difference, c));
      result += rounding_divide_by_power_of_two(
          saturating_rounding_doubling_high_mul(scale.value, e), scale.bits_over_unit + 31 - 8);
    }
    out[i] = static_cast<std::int8_t>(clamp(result, -128, 127));
  }
}

inline void softmax(std::int64_t rows, std::int32_t depth, const std::int8_t *x,
                    const SoftmaxConstants &constants, std::int8_t *out) {
  for (std::int64_t r = 0; r < rows; ++r) {
    softmax_row(x + r * depth, depth, constants, out + r * depth);
  }
}

} // namespace tinyml::kernels::reference
