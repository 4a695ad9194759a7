// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/safe_index.hpp"

namespace tinyml::kernels::generic {

/// Input [outer, depth, inner], output [outer, count, inner].
struct Gather {
  std::int32_t outer;
  std::int32_t depth;
  std::int32_t inner;
  std::int32_t count;
};

template <typename T, typename Index, typename Layer>
inline void gather(const Layer &layer, const T *input, const Index *indices, T *output) {
  const Gather &p = layer;
  for (std::int32_t o = 0; o < p.outer; ++o, input += p.depth * p.inner) {
    for (std::int32_t i = 0; i < p.count; ++i) {
      const T *from = input + safe_index(indices[i], p.depth) * p.inner;
      for (std::int32_t k = 0; k < p.inner; ++k) {
        *output++ = from[k];
      }
    }
  }
}

} // namespace tinyml::kernels::generic
