// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The taps of a depthwise filter over neighbouring channels, in plain C++.
namespace tinyml::kernels::isa {

/// Where the taps of one position lie: `rows` x `columns` of them meet the input.
struct DepthwiseTaps {
  int rows;
  int columns;
  int row_step;   ///< elements from one row of the input to the next
  int pixel_step; ///< from one column to the next
  int kernel_width;
};

/// sums[lane] += (x[lane] + offset) * weights[lane] for every tap; float has the offset 0 and adds
/// nothing.
template <int Lanes, typename T, typename Accumulator>
inline void multiply_taps_plain(Accumulator *sums, const T *x, const T *weights,
                                const DepthwiseTaps &taps, Accumulator offset) {
  for (int row = 0; row < taps.rows; ++row) {
    const T *tap = x;
    const T *factor = weights;
    for (int column = 0; column < taps.columns; ++column) {
#pragma GCC unroll 4
      for (int lane = 0; lane < Lanes; ++lane) {
        const Accumulator value = sizeof(T) == 1 ? tap[lane] + offset : Accumulator(tap[lane]);
        sums[lane] += value * factor[lane];
      }
      tap += taps.pixel_step;
      factor += Lanes;
    }
    x += taps.row_step;
    weights += taps.kernel_width * Lanes;
  }
}

} // namespace tinyml::kernels::isa
