// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/strided.hpp"

namespace tinyml::kernels::generic {

/// A box over the output, every repeated axis as two: the repeats (which stand still in the input),
/// then the axis itself.
template <int Rank> struct Tile { Box<Rank> box; };

template <typename T, int Rank> inline void tile(const Tile<Rank> &p, const T *input, T *output) {
  copy_box(p.box, input, output);
}

} // namespace tinyml::kernels::generic
