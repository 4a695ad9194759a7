// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/indexed_elements.hpp"
#include "kernels/generic/merge.hpp"

namespace tinyml::kernels::generic {

template <typename Merge, int Rank> struct ScatterElements {
  std::int32_t count;
  IndexedElements<Rank> indexed;
};

/// `output` becomes a copy of `input`, then takes the updates one after the other.
template <typename T, typename Index, typename Merge, int Rank>
inline void scatter_elements(const ScatterElements<Merge, Rank> &p, const T *input,
                             const Index *indices, const T *updates, T *output) {
  for (std::int32_t i = 0; i < p.count; ++i) {
    output[i] = input[i];
  }
  auto place = [&](std::int32_t first, std::int32_t at) {
    T &element =
        output[first + safe_index(indices[at], p.indexed.axis_length) * p.indexed.axis_step];
    element = Merge{}(element, updates[at]);
  };
  for_each_in(p.indexed.box, place);
}

} // namespace tinyml::kernels::generic
