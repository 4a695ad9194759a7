// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/window.hpp"
#include "kernels/isa/plain_finish.hpp"
#include "kernels/isa/plain_products.hpp"

/// One row of outputs of a depthwise convolution, in plain C++.
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

/// A few neighbouring channels. `x` and `weights` point to the first tap inside.
template <int Lanes, typename Layer, typename T>
inline void depthwise_channels_plain(const Layer &p, const T *x, const T *weights,
                                     const DepthwiseTaps &taps, int channel, T *output) {
  using Accumulator = typename AccumulatorOf<T>::Type;
  Sums<Accumulator, 1, Lanes> sums = {};
  multiply_taps_plain<Lanes>(sums.at[0], x, weights, taps, Accumulator(p.input_offset));
  finish_tile_plain(p.arithmetic, sums, channel, Lanes, 1, output, 0);
}

/// All channels of one position: filters as DepthwisePacking{Tile, 1, 1, false, 0, false} says.
/// `rows` and `columns` of the taps lie inside the input, the first of them at `x`. Channels are
/// written in order and each is read just before: the memory plan relies on it.
template <int Tile, typename Layer, typename T>
inline void depthwise_position_plain(const Layer &p, const T *x, generic::Taps rows,
                                     generic::Taps columns, T *output) {
  const generic::Window &w = p.window;
  const int channels = w.input_channels;
  const int taps = w.kernel_height * w.kernel_width;
  const int first_tap = rows.first * w.kernel_width + columns.first;
  const DepthwiseTaps inside = {rows.count(), columns.count(), w.input_width * channels, channels,
                                w.kernel_width};
  const T *weights = p.filter;
  int channel = 0;
  for (; channel + Tile <= channels; channel += Tile) {
    depthwise_channels_plain<Tile>(p, x + channel, weights + first_tap * Tile, inside, channel,
                                   output + channel);
    weights += taps * Tile;
  }
  for (; channel < channels; ++channel) {
    depthwise_channels_plain<1>(p, x + channel, weights + first_tap, inside, channel,
                                output + channel);
    weights += taps;
  }
}

/// A row of outputs, position by position. The taps `rows` of its windows lie inside the input; `x`
/// is the beginning of the first of these input rows.
template <int Tile, typename Layer, typename T>
inline void depthwise_row_plain(const Layer &p, const T *x, generic::Taps rows, T *output) {
  const generic::Window &w = p.window;
  for (int column = 0, left = -w.pad_left; column < w.output_width;
       ++column, left += w.stride_width) {
    const generic::Taps columns = generic::taps_inside(left, w.kernel_width, w.input_width);
    depthwise_position_plain<Tile>(p, x + (left + columns.first) * w.input_channels, rows, columns,
                                   output);
    output += w.input_channels;
  }
}

} // namespace tinyml::kernels::isa
