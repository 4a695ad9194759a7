// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// out[m, n] = sum over k of a[m, k] * b[k, n]; one matrix, float only.
namespace tinyml::kernels::reference {

inline void matmul(std::int64_t rows, std::int64_t inner, std::int64_t columns, const float *a,
                   const float *b, float *out) {
  for (std::int64_t m = 0; m < rows; ++m) {
    for (std::int64_t n = 0; n < columns; ++n) {
      float sum = 0;
      for (std::int64_t k = 0; k < inner; ++k) {
        sum += a[m * inner + k] * b[k * columns + n];
      }
      *out++ = sum;
    }
  }
}

} // namespace tinyml::kernels::reference
