// SPDX-License-Identifier: Apache-2.0
#pragma once

/// From sums to output elements, tile by tile, in plain C++.
namespace tinyml::kernels::isa {

/// output[position * step + lane] for the first `positions` and `count` of a tile whose first
/// filter is `channel`.
template <typename Arithmetic, typename Sums, typename T>
inline void finish_tile_plain(const Arithmetic &arithmetic, const Sums &sums, int channel,
                              int count, int positions, T *output, int step) {
  for (int lane = 0; lane < count; ++lane) {
    const auto rescale = arithmetic.of_channel(channel + lane);
    T *to = output + lane;
    for (int position = 0; position < positions; ++position, to += step) {
      *to = arithmetic.finish(sums.at[position][lane], rescale);
    }
  }
}

} // namespace tinyml::kernels::isa
