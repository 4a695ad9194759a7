// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/convolve.hpp"

namespace tinyml::kernels::generic::training {

/// A tile of positions, all output channels. `y` is the first position's output.
template <const Convolution &kShape, int Positions, typename P>
[[gnu::always_inline]] inline void convolve_tile(const float *x, const P *filter, const P *bias,
                                                 const Taps &taps, float *y) {
  constexpr int kOutputs = kShape.group_outputs();
  for (int group = 0; group < kShape.group_count(); ++group) {
    for_each_block<kOutputs, kTileOutputs<kShape>>([&](auto outputs, int within) {
      const int first = group * kOutputs + within;
      for_each_bundle<kShape.batch>([&](auto width, int sample) {
        Samples<width> sums[Positions * decltype(outputs)::value] = {};
        convolve<kShape, width, outputs, 1, Positions>(
            x + group * kShape.depth() * kShape.batch + sample,
            filter + first * kShape.filter_output_step(), taps, sums);
        unroll<Positions>([&](auto p) TINYML_INLINE {
          add_bias<outputs, width>(bias != nullptr ? bias + first : nullptr, sums + p * outputs);
          unroll<outputs>([&](auto o) TINYML_INLINE {
            store_samples<width>(y + (p * kShape.output_channels + first + o) * kShape.batch +
                                     sample,
                                 activate<kShape.activation, width>(sums[p * outputs + o]));
          });
        });
      });
    });
  }
}

/// y = activation(filter * x + bias). `bias` may be null.
template <typename Layer, typename P>
inline void conv2d(Layer, const float *x, const P *filter, Optional<P> bias, float *y) {
  static constexpr Convolution kShape = Layer{};
  constexpr int kPixel = kShape.output_channels * kShape.batch;
  for (int oy = 0; oy < kShape.output_height; ++oy) {
    const int top = oy * kShape.stride_height - kShape.pad_top;
    for (int ox = 0; ox < kShape.output_width;) {
      const int left = ox * kShape.stride_width - kShape.pad_left;
      const Taps taps = taps_at<kShape>(top, left);
      if (ox + kTilePositions <= kShape.output_width &&
          is_inside<kShape, 1, kTilePositions>(top, left)) {
        convolve_tile<kShape, kTilePositions>(x, filter, bias, taps, y + ox * kPixel);
        ox += kTilePositions;
      } else {
        convolve_tile<kShape, 1>(x, filter, bias, taps, y + ox * kPixel);
        ++ox;
      }
    }
    y += kShape.output_width * kPixel;
  }
}

} // namespace tinyml::kernels::generic::training
