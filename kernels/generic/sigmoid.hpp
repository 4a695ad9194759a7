// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

namespace tinyml::kernels::generic {

struct Sigmoid {
  std::int32_t count;
};

template <typename Layer>
inline void sigmoid(const Layer &layer, const float *input, float *output) {
  const Sigmoid &p = layer;
  for (std::int32_t i = 0; i < p.count; ++i) {
    output[i] = 1.0F / (1.0F + std::exp(-input[i]));
  }
}

} // namespace tinyml::kernels::generic
