// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/bundles.hpp"
#include "kernels/generic/training/taps.hpp"

namespace tinyml::kernels::generic::training {

/// One bundle of `Channels` neighbouring input channels at input position (iy, ix). `dy` is output
/// (0, 0) of the group's first channel, `filter` the first output's, at the first channel.
template <const Convolution &kShape, int Width, int Channels, typename P>
[[gnu::always_inline]] inline void gather_input_gradient(const float *dy, const P *filter, int iy,
                                                         int ix, float *dx) {
  constexpr int kPixel = kShape.output_channels * kShape.batch;
  const Range rows = windows_over(iy, kShape.stride_height, kShape.dilation_height, kShape.pad_top,
                                  kShape.kernel_height, kShape.output_height);
  const Range columns = windows_over(ix, kShape.stride_width, kShape.dilation_width,
                                     kShape.pad_left, kShape.kernel_width, kShape.output_width);
  Samples<Width> sums[Channels] = {};
  for (int oy = rows.first; oy < rows.last; ++oy) {
    const int down = iy + kShape.pad_top - oy * kShape.stride_height;
    for (int ox = columns.first; ox < columns.last; ++ox) {
      const int right = ix + kShape.pad_left - ox * kShape.stride_width;
      if (down % kShape.dilation_height != 0 || right % kShape.dilation_width != 0) {
        continue; // between two taps
      }
      const int tap =
          down / kShape.dilation_height * kShape.kernel_width + right / kShape.dilation_width;
      const float *from = dy + (oy * kShape.output_width + ox) * kPixel;
      const P *weights = filter + tap * kShape.filter_tap_step();
      for (int o = 0; o < kShape.group_outputs(); ++o) {
        const Samples<Width> value = load_samples<Width>(from + o * kShape.batch);
        unroll<Channels>([&](auto c) TINYML_INLINE {
          sums[c] += value * parameter(weights + o * kShape.filter_output_step() + c);
        });
      }
    }
  }
  unroll<Channels>([&](auto c)
                       TINYML_INLINE { store_samples<Width>(dx + c * kShape.batch, sums[c]); });
}

/// Sums are in the order of output rows, columns, channels.
template <typename Layer, typename P>
inline void conv2d_input_gradient(Layer, const float *dy, const P *filter, float *dx) {
  static constexpr Convolution kShape = Layer{};
  constexpr int kOutputs = kShape.group_outputs();
  for (int iy = 0; iy < kShape.input_height; ++iy) {
    for (int ix = 0; ix < kShape.input_width; ++ix) {
      for (int group = 0; group < kShape.group_count(); ++group) {
        const int output = group * kOutputs;
        for_each_block<kShape.depth(), kSums>([&](auto channels, int within) {
          for_each_bundle<kShape.batch>([&](auto width, int sample) {
            gather_input_gradient<kShape, width, channels>(
                dy + output * kShape.batch + sample,
                filter + output * kShape.filter_output_step() + within, iy, ix,
                dx + (group * kShape.depth() + within) * kShape.batch + sample);
          });
        });
      }
      dx += kShape.input_channels * kShape.batch;
    }
  }
}

} // namespace tinyml::kernels::generic::training
