// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/requantize.hpp"

#include <cmath>

namespace tinyml::kernels::generic {

struct Quantize {
  std::int32_t count;
  float scale;
  std::int32_t zero_point;
};

/// round(x / scale) brought near the range of int16; what is not a number becomes 0.
[[nodiscard]] inline std::int32_t rounded_quotient(float x, float scale) {
  constexpr float kBeyondInt16 = 1 << 17;
  const float scaled = std::round(x / scale);
  if (scaled >= kBeyondInt16) {
    return 1 << 17;
  }
  if (scaled <= -kBeyondInt16) {
    return -(1 << 17);
  }
  return scaled == scaled ? static_cast<std::int32_t>(scaled) : 0;
}

/// Halves away from zero, saturated to int8 or int16. Elementwise, ascending.
template <typename T, typename Layer>
inline void quantize(const Layer &layer, const float *input, T *output) {
  const Quantize &p = layer;
  for (std::int32_t i = 0; i < p.count; ++i) {
    output[i] = static_cast<T>(clamp(rounded_quotient(input[i], p.scale) + p.zero_point,
                                     std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  }
}

} // namespace tinyml::kernels::generic
