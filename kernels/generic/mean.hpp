// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::kernels::generic {

/// Mean over neighbouring axes, which the code generator joins to one: [outer, reduced, inner].
struct Mean {
  std::int32_t outer;
  std::int32_t reduced;
  std::int32_t inner;
};

template <typename Layer> inline void mean(const Layer &layer, const float *input, float *output) {
  const Mean &p = layer;
  for (std::int32_t o = 0; o < p.outer; ++o, input += p.reduced * p.inner) {
    for (std::int32_t i = 0; i < p.inner; ++i) {
      float sum = 0;
      for (std::int32_t r = 0; r < p.reduced; ++r) {
        sum += input[r * p.inner + i];
      }
      *output++ = sum / static_cast<float>(p.reduced);
    }
  }
}

} // namespace tinyml::kernels::generic
