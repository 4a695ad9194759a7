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

/// round(x / scale) + zero_point, halves away from zero, saturated to int8. Elementwise, ascending.
template <typename Layer>
inline void quantize(const Layer &layer, const float *input, std::int8_t *output) {
  const Quantize &p = layer;
  constexpr float kBeyondInt8 = 1024;
  for (std::int32_t i = 0; i < p.count; ++i) {
    const float scaled = std::round(input[i] / p.scale);
    const float bounded =
        scaled < kBeyondInt8 ? (scaled > -kBeyondInt8 ? scaled : -kBeyondInt8) : kBeyondInt8;
    output[i] = static_cast<std::int8_t>(
        clamp(static_cast<std::int32_t>(bounded) + p.zero_point, -128, 127));
  }
}

} // namespace tinyml::kernels::generic
