// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/indexed_slices.hpp"
#include "kernels/generic/merge.hpp"

namespace tinyml::kernels::generic {

template <typename Merge, int Depth> struct ScatterNd {
  std::int32_t count;
  IndexedSlices<Depth> slices;
};

/// `output` becomes a copy of `input`, then takes the updates one after the other.
template <typename T, typename Index, typename Merge, int Depth>
inline void scatter_nd(const ScatterNd<Merge, Depth> &p, const T *input, const Index *indices,
                       const T *updates, T *output) {
  for (std::int32_t i = 0; i < p.count; ++i) {
    output[i] = input[i];
  }
  auto place = [&](std::int32_t to, std::int32_t row) {
    for (std::int32_t i = 0; i < p.slices.slice; ++i) {
      output[to + i] = Merge{}(output[to + i], updates[row * p.slices.slice + i]);
    }
  };
  for_each_slice(p.slices, indices, place);
}

} // namespace tinyml::kernels::generic
