// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"
#include "kernels/generic/window.hpp"

#include TINYML_ISA_HEADER(depthwise.hpp)
#include TINYML_ISA_HEADER(finish.hpp)
#include TINYML_ISA_HEADER(products.hpp)

namespace tinyml::kernels::generic {

/// Each channel with a filter of its own, no dilation, no multiplier (see conv2d_sparse.hpp).
/// Filter packed from 1HWC: for each tile of channels (isa::Packing) its taps in order, the tile's
/// channels innermost; a rest of channels that fills no tile follows, channel by channel. The bias
/// is the model's own: `input_offset` is added to every input.
template <typename Arithmetic> struct DepthwiseConv2d {
  using T = typename ElementOf<Arithmetic>::Type;
  Window window;
  const T *filter;
  std::int16_t input_offset; ///< minus the input's zero point; 0 in float
  Arithmetic arithmetic;
};

/// A few neighbouring channels of one position. `x` and `weights` point to the first tap inside.
template <int Lanes, typename Arithmetic, typename T>
inline void depthwise_channels(const DepthwiseConv2d<Arithmetic> &p, const T *x, const T *weights,
                               const isa::DepthwiseTaps &taps, int channel, T *output) {
  using Accumulator = typename isa::AccumulatorOf<T>::Type;
  isa::Sums<Accumulator, 1, Lanes> sums = {};
  isa::multiply_taps<Lanes>(sums.at[0], x, weights, taps, Accumulator(p.input_offset));
  isa::finish_tile(p.arithmetic, sums, channel, Lanes, 1, output, 0);
}

/// `output` may overlap `input` as kernel_facts.hpp says: within a position, channels are written
/// in order and each is read just before.
template <typename Arithmetic, typename Layer>
inline void depthwise_conv2d(const Layer &layer,
                             const typename DepthwiseConv2d<Arithmetic>::T *input,
                             typename DepthwiseConv2d<Arithmetic>::T *output) {
  using T = typename DepthwiseConv2d<Arithmetic>::T;
  const DepthwiseConv2d<Arithmetic> &p = layer;
  const Window &w = p.window;
  constexpr int kTile =
      sizeof(T) == 1 ? isa::kPacking.int8_depthwise_tile : isa::kPacking.float_depthwise_tile;
  const int channels = w.input_channels;
  const int taps = w.kernel_height * w.kernel_width;
  for_each_position(w, [&](int corner, Taps rows, Taps columns) {
    const T *x = input + corner + (rows.first * w.input_width + columns.first) * channels;
    const int first_tap = rows.first * w.kernel_width + columns.first;
    const isa::DepthwiseTaps inside = {rows.count(), columns.count(), w.input_width * channels,
                                       channels, w.kernel_width};
    const T *weights = p.filter;
    int channel = 0;
    for (; channel + kTile <= channels; channel += kTile) {
      depthwise_channels<kTile>(p, x + channel, weights + first_tap * kTile, inside, channel,
                                output + channel);
      weights += taps * kTile;
    }
    for (; channel < channels; ++channel) {
      depthwise_channels<1>(p, x + channel, weights + first_tap, inside, channel, output + channel);
      weights += taps;
    }
    output += channels;
  });
}

} // namespace tinyml::kernels::generic
