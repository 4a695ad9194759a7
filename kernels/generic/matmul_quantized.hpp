// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/requantize.hpp"

namespace tinyml::kernels::generic {

/// Product of two computed int8 or int16 matrices, batch by batch; a step of 0 repeats an operand.
struct MatMulQuantized {
  std::int32_t batches;
  std::int32_t rows;    ///< M
  std::int32_t inner;   ///< K
  std::int32_t columns; ///< N
  std::int32_t a_step;
  std::int32_t b_step;
  Multiplier multiplier; ///< int16: `value` is a 15-bit fraction
  std::int16_t a_zero_point;
  std::int16_t b_zero_point;
  std::int16_t output_zero_point;
};

/// int8: 32 bits, wrapping around.
[[nodiscard]] inline std::int32_t matmul_element(const MatMulQuantized &p, const std::int8_t *a,
                                                 const std::int8_t *b) {
  std::uint32_t sum = 0;
  for (std::int32_t k = 0; k < p.inner; ++k, b += p.columns) {
    sum += static_cast<std::uint32_t>((a[k] - p.a_zero_point) * (*b - p.b_zero_point));
  }
  return multiply_by_quantized_multiplier(static_cast<std::int32_t>(sum), p.multiplier);
}

[[nodiscard]] inline std::int32_t matmul_element(const MatMulQuantized &p, const std::int16_t *a,
                                                 const std::int16_t *b) {
  std::int64_t sum = 0;
  for (std::int32_t k = 0; k < p.inner; ++k, b += p.columns) {
    sum += a[k] * *b;
  }
  return multiply_wide(sum, p.multiplier.value, p.multiplier.shift);
}

template <typename T, typename Layer>
inline void matmul_quantized(const Layer &layer, const T *a, const T *b, T *output) {
  const MatMulQuantized &p = layer;
  for (std::int32_t batch = 0; batch < p.batches; ++batch, a += p.a_step, b += p.b_step) {
    for (std::int32_t row = 0; row < p.rows; ++row) {
      for (std::int32_t column = 0; column < p.columns; ++column) {
        const std::int32_t scaled = matmul_element(p, a + row * p.inner, b + column);
        *output++ =
            static_cast<T>(clamp(scaled + p.output_zero_point, std::numeric_limits<T>::min(),
                                 std::numeric_limits<T>::max()));
      }
    }
  }
}

} // namespace tinyml::kernels::generic
