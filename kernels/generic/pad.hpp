// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/strided.hpp"

namespace tinyml::kernels::generic {

/// A box over the input's axes: first = the element in the input, second = in the output, counted
/// from `first_element`, where the input's first element lands.
template <typename T, int Rank> struct Pad {
  Box<Rank> box;
  std::int32_t output_count;
  std::int32_t first_element;
  T value;
};

template <typename T, int Rank> inline void pad(const Pad<T, Rank> &p, const T *input, T *output) {
  for (std::int32_t i = 0; i < p.output_count; ++i) {
    output[i] = p.value;
  }
  copy_box(p.box, input, output + p.first_element);
}

} // namespace tinyml::kernels::generic
