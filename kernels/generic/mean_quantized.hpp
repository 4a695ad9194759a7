// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/requantize.hpp"

namespace tinyml::kernels::generic {

/// Mean or sum of int8 or int16 over neighbouring axes, joined to [outer, reduced, inner].
struct MeanQuantized {
  std::int32_t outer;
  std::int32_t reduced;
  std::int32_t inner;
  std::int32_t zero_sum; ///< the input's zero point times `reduced`
  Multiplier multiplier; ///< a mean's has its division in it
  std::int32_t output_zero_point;
};

template <typename T, typename Layer>
inline void mean_quantized(const Layer &layer, const T *input, T *output) {
  const MeanQuantized &p = layer;
  constexpr std::int32_t kLow = std::numeric_limits<T>::min();
  constexpr std::int32_t kHigh = std::numeric_limits<T>::max();
  for (std::int32_t o = 0; o < p.outer; ++o, input += p.reduced * p.inner) {
    for (std::int32_t i = 0; i < p.inner; ++i) {
      std::int32_t sum = -p.zero_sum;
      for (std::int32_t r = 0; r < p.reduced; ++r) {
        sum += input[r * p.inner + i];
      }
      *output++ = static_cast<T>(clamp(
          multiply_by_quantized_multiplier(sum, p.multiplier) + p.output_zero_point, kLow, kHigh));
    }
  }
}

} // namespace tinyml::kernels::generic
