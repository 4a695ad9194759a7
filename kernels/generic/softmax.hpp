// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/fixed_point.hpp"

#include <cmath>
#include <cstdint>

namespace tinyml::kernels::generic {

/// Softmax over rows of neighbouring elements.
template <typename T> struct Softmax;

template <> struct Softmax<float> {
  std::int32_t rows;
  std::int32_t columns;
  float beta;
};

/// The output has scale 1/256 and zero point -128.
template <> struct Softmax<std::int8_t> {
  std::int32_t rows;
  std::int32_t columns;
  SoftmaxConstants constants;
};

template <typename T> [[nodiscard]] inline T largest_of(const T *row, std::int32_t count) {
  T largest = row[0];
  for (std::int32_t i = 1; i < count; ++i) {
    largest = row[i] > largest ? row[i] : largest;
  }
  return largest;
}

inline void softmax_row(const Softmax<float> &p, const float *input, float *output) {
  const float largest = largest_of(input, p.columns);
  float sum = 0;
  for (std::int32_t i = 0; i < p.columns; ++i) {
    output[i] = std::exp((input[i] - largest) * p.beta);
    sum += output[i];
  }
  for (std::int32_t i = 0; i < p.columns; ++i) {
    output[i] /= sum;
  }
}

/// exp(difference to the row's largest) in Q0.31; 0 where it underflows.
[[nodiscard]] inline std::int32_t softmax_exponential(const Softmax<std::int8_t> &p,
                                                      std::int32_t difference) {
  if (difference < p.constants.diff_min) {
    return 0;
  }
  return exp_on_negative_values(softmax_scaled_difference(difference, p.constants));
}

[[gnu::cold]] inline void softmax_row(const Softmax<std::int8_t> &p, const std::int8_t *input,
                                      std::int8_t *output) {
  constexpr std::int32_t kSumIntegerBits = 12;
  const std::int32_t largest = largest_of(input, p.columns);
  std::int32_t sum = 0;
  for (std::int32_t i = 0; i < p.columns; ++i) {
    sum += rounding_divide_by_power_of_two(softmax_exponential(p, input[i] - largest),
                                           kSumIntegerBits);
  }
  const Reciprocal scale = reciprocal(sum, kSumIntegerBits);
  for (std::int32_t i = 0; i < p.columns; ++i) {
    const std::int32_t exponential = softmax_exponential(p, input[i] - largest);
    const std::int32_t share = rounding_divide_by_power_of_two(
        saturating_rounding_doubling_high_mul(scale.value, exponential),
        scale.bits_over_unit + 31 - 8);
    output[i] = static_cast<std::int8_t>(clamp(share - 128, -128, 127));
  }
}

/// `output` may be `input`: each element is read before it is written, row by row.
template <typename T, typename Layer>
inline void softmax(const Layer &layer, const T *input, T *output) {
  const Softmax<T> &p = layer;
  for (std::int32_t row = 0; row < p.rows; ++row) {
    softmax_row(p, input, output);
    input += p.columns;
    output += p.columns;
  }
}

} // namespace tinyml::kernels::generic
