// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/strided.hpp"
#include "kernels/reference/safe_index.hpp"

/// gather_elements: an index tensor as large as the result.
namespace tinyml::kernels::generic {

/// A box over the indices: first = the element in the data when its index is 0, second = the index.
template <int Rank> struct IndexedElements {
  Box<Rank> box;
  std::int32_t axis_length;
  std::int32_t axis_step;
};

template <typename T, typename Index, int Rank>
inline void gather_elements(const IndexedElements<Rank> &p, const T *input, const Index *indices,
                            T *output) {
  auto pick = [&](std::int32_t first, std::int32_t at) {
    output[at] = input[first + safe_index(indices[at], p.axis_length) * p.axis_step];
  };
  for_each_in(p.box, pick);
}

} // namespace tinyml::kernels::generic
