// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::kernels::generic {

struct Dequantize {
  std::int32_t count;
  float scale;
  std::int32_t zero_point;
};

/// (x - zero_point) * scale of int8 or int32. Elementwise, ascending.
template <typename T, typename Layer>
inline void dequantize(const Layer &layer, const T *input, float *output) {
  const Dequantize &p = layer;
  for (std::int32_t i = 0; i < p.count; ++i) {
    output[i] = static_cast<float>(input[i] - p.zero_point) * p.scale;
  }
}

} // namespace tinyml::kernels::generic
