// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

namespace tinyml::kernels::generic {

struct Tanh {
  std::int32_t count;
};

template <typename Layer> inline void tanh(const Layer &layer, const float *input, float *output) {
  const Tanh &p = layer;
  for (std::int32_t i = 0; i < p.count; ++i) {
    output[i] = std::tanh(input[i]);
  }
}

} // namespace tinyml::kernels::generic
