// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/strided.hpp"

namespace tinyml::kernels::generic {

/// A box over the output's axes: first = where the element lies in the input, second = output.
template <int Rank> struct Transpose { Box<Rank> box; };

template <typename T, int Rank>
inline void transpose(const Transpose<Rank> &p, const T *input, T *output) {
  copy_box(p.box, input, output);
}

} // namespace tinyml::kernels::generic
