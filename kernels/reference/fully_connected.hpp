// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/shapes.hpp"

/// out[r, n] = sum over k of x[r, k] * weights[n, k], plus bias[n].
namespace tinyml::kernels::reference {

struct FullyConnectedShape {
  std::int32_t rows, inputs, outputs;
};

template <typename Accumulator, typename T, typename W>
[[nodiscard]] Accumulator dot(const T *x, const W *weights, std::int32_t count,
                              Accumulator x_zero) {
  Accumulator sum = 0;
  for (std::int32_t k = 0; k < count; ++k) {
    sum += (static_cast<Accumulator>(x[k]) - x_zero) * static_cast<Accumulator>(weights[k]);
  }
  return sum;
}

/// `bias` may be null.
inline void fully_connected(const FullyConnectedShape &s, const float *x, const float *weights,
                            const float *bias, FloatClamp clamp, float *out) {
  for (std::int64_t r = 0; r < s.rows; ++r) {
    for (std::int64_t n = 0; n < s.outputs; ++n) {
      const auto sum = dot<float>(x + r * s.inputs, weights + n * s.inputs, s.inputs, 0.0F);
      *out++ = clamp(bias != nullptr ? sum + bias[n] : sum);
    }
  }
}

inline void fully_connected(const FullyConnectedShape &s, const std::int8_t *x, std::int32_t x_zero,
                            const std::int8_t *weights, const std::int32_t *bias,
                            const Int8Output &output, std::int8_t *out) {
  for (std::int64_t r = 0; r < s.rows; ++r) {
    for (std::int32_t n = 0; n < s.outputs; ++n) {
      const std::int8_t *row = weights + static_cast<std::int64_t>(n) * s.inputs;
      const auto sum = dot<std::int32_t>(x + r * s.inputs, row, s.inputs, x_zero);
      *out++ = output(bias != nullptr ? sum + bias[n] : sum, n);
    }
  }
}

} // namespace tinyml::kernels::reference
