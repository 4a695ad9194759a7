// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/strided.hpp"

namespace tinyml::kernels::generic {

/// A box over the output's axes: first = where the element lies in the input, counted from
/// `first_element` (steps may be negative), second = output.
template <int Rank> struct Slice {
  Box<Rank> box;
  std::int32_t first_element;
};

template <typename T, int Rank> inline void slice(const Slice<Rank> &p, const T *input, T *output) {
  copy_box(p.box, input + p.first_element, output);
}

} // namespace tinyml::kernels::generic
