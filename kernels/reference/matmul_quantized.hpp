// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/requantize.hpp"

/// out[m, n] = sum over k of (a[m, k] - a_zero) * (b[k, n] - b_zero); one matrix of int8 or int16.
/// int8 is summed in 32 bits (wrapping around) and rounded twice, int16, without zero points, in 64
/// bits and rounded once.
namespace tinyml::kernels::reference {

struct MatMulArithmetic {
  std::int32_t a_zero, b_zero, out_zero;
  Multiplier multiplier; ///< scale a * scale b / output scale
};

[[nodiscard]] inline std::int32_t matmul_scaled(std::int64_t sum, const MatMulArithmetic &q,
                                                std::int8_t /*type*/) {
  const auto narrow = static_cast<std::int32_t>(static_cast<std::uint32_t>(sum));
  return multiply_by_quantized_multiplier(narrow, q.multiplier);
}
[[nodiscard]] inline std::int32_t matmul_scaled(std::int64_t sum, const MatMulArithmetic &q,
                                                std::int16_t /*type*/) {
  return multiply_wide(sum, fraction16(q.multiplier), q.multiplier.shift);
}

template <typename T>
void matmul(std::int64_t rows, std::int64_t inner, std::int64_t columns, const MatMulArithmetic &q,
            const T *a, const T *b, T *out) {
  for (std::int64_t m = 0; m < rows; ++m) {
    for (std::int64_t n = 0; n < columns; ++n) {
      std::int64_t sum = 0;
      for (std::int64_t k = 0; k < inner; ++k) {
        sum += std::int64_t{a[m * inner + k] - q.a_zero} * (b[k * columns + n] - q.b_zero);
      }
      const std::int32_t scaled = matmul_scaled(sum, q, T{}) + q.out_zero;
      *out++ = static_cast<T>(
          clamp(scaled, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    }
  }
}

} // namespace tinyml::kernels::reference
