// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/safe_index.hpp"

/// gather_nd: every row of the indices names a slice of the data.
namespace tinyml::kernels::generic {

/// Data [batches, length[0]..., slice], indices [batches, count, Depth].
template <int Depth> struct IndexedSlices {
  std::int32_t batches;
  std::int32_t count;
  std::int32_t slice;
  std::int32_t length[Depth];
};

/// Calls at(first element of the named slice, number of the row) for every row.
template <typename Index, int Depth, typename Visit>
inline void for_each_slice(const IndexedSlices<Depth> &p, const Index *indices, Visit &at) {
  std::int32_t batch = 0;
  std::int32_t batch_elements = p.slice;
  for (int d = 0; d < Depth; ++d) {
    batch_elements *= p.length[d];
  }
  for (std::int32_t b = 0; b < p.batches; ++b, batch += batch_elements) {
    for (std::int32_t i = 0; i < p.count; ++i, indices += Depth) {
      std::int32_t offset = 0;
      for (int d = 0; d < Depth; ++d) {
        offset = offset * p.length[d] + safe_index(indices[d], p.length[d]);
      }
      at(batch + offset * p.slice, b * p.count + i);
    }
  }
}

template <typename T, typename Index, int Depth>
inline void gather_nd(const IndexedSlices<Depth> &p, const T *input, const Index *indices,
                      T *output) {
  auto pick = [&](std::int32_t from, std::int32_t row) {
    for (std::int32_t i = 0; i < p.slice; ++i) {
      output[row * p.slice + i] = input[from + i];
    }
  };
  for_each_slice(p, indices, pick);
}

} // namespace tinyml::kernels::generic
