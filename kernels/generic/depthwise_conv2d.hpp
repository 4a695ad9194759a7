// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"
#include "kernels/generic/window.hpp"

namespace tinyml::kernels::generic {

/// Each channel with a filter of its own, no dilation, no multiplier (see conv2d_sparse.hpp).
/// Filter packed from 1HWC: for each tile of isa::kOutputTile channels its taps in order, the
/// tile's channels innermost; a rest of channels that fills no tile follows, channel by channel.
template <typename T> struct DepthwiseConv2d {
  Window window;
  const T *filter;
  Arithmetic<T> arithmetic;
};

/// A few neighbouring channels of one position. `x` and `weights` point to the first tap inside.
template <int Lanes, typename T>
inline void depthwise_channels(const DepthwiseConv2d<T> &p, const T *x, const T *weights, int rows,
                               int columns, int channel, T *output) {
  const int pixel = p.window.input_channels;
  typename Arithmetic<T>::Accumulator sums[Lanes] = {};
  for (int row = 0; row < rows; ++row) {
    const T *tap = x;
    const T *factor = weights;
    for (int column = 0; column < columns; ++column) {
      isa::multiply_add_lanes<Lanes>(sums, tap, factor, p.arithmetic.offset());
      tap += pixel;
      factor += Lanes;
    }
    x += p.window.input_width * pixel;
    weights += p.window.kernel_width * Lanes;
  }
  for (int lane = 0; lane < Lanes; ++lane) {
    output[lane] = p.arithmetic.finish(sums[lane], channel + lane);
  }
}

/// `output` may overlap `input` as kernel_facts.hpp says: within a position, channels are written
/// in order and each is read just before.
template <typename T, typename Layer>
inline void depthwise_conv2d(const Layer &layer, const T *input, T *output) {
  const DepthwiseConv2d<T> &p = layer;
  const Window &w = p.window;
  const int channels = w.input_channels;
  const int taps = w.kernel_height * w.kernel_width;
  for_each_position(w, [&](int corner, Taps rows, Taps columns) {
    const T *x = input + corner + (rows.first * w.input_width + columns.first) * channels;
    const int first_tap = rows.first * w.kernel_width + columns.first;
    const T *weights = p.filter;
    int channel = 0;
    for (; channel + isa::kOutputTile <= channels; channel += isa::kOutputTile) {
      depthwise_channels<isa::kOutputTile>(p, x + channel, weights + first_tap * isa::kOutputTile,
                                           rows.count(), columns.count(), channel,
                                           output + channel);
      weights += taps * isa::kOutputTile;
    }
    for (; channel < channels; ++channel) {
      depthwise_channels<1>(p, x + channel, weights + first_tap, rows.count(), columns.count(),
                            channel, output + channel);
      weights += taps;
    }
    output += channels;
  });
}

} // namespace tinyml::kernels::generic
