// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::kernels::generic {

/// Product of two computed float matrices, batch by batch; a step of 0 repeats an operand.
struct MatMul {
  std::int32_t batches;
  std::int32_t rows;    ///< M
  std::int32_t inner;   ///< K
  std::int32_t columns; ///< N
  std::int32_t a_step;
  std::int32_t b_step;
};

template <typename Layer>
inline void matmul(const Layer &layer, const float *a, const float *b, float *output) {
  const MatMul &p = layer;
  for (int batch = 0; batch < p.batches; ++batch, a += p.a_step, b += p.b_step) {
    for (int row = 0; row < p.rows; ++row) {
      for (int column = 0; column < p.columns; ++column) {
        float sum = 0;
        for (int k = 0; k < p.inner; ++k) {
          sum += a[row * p.inner + k] * b[k * p.columns + column];
        }
        *output++ = sum;
      }
    }
  }
}

} // namespace tinyml::kernels::generic
