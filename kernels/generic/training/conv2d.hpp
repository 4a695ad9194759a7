// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/bundles.hpp"
#include "kernels/generic/training/taps.hpp"

namespace tinyml::kernels::generic::training {

/// One bundle of `Outputs` neighbouring output channels at one position: products of each are
/// summed in the order kernel row, kernel column, input channel, then comes the bias. `x` is input
/// (0, 0) of the group's first channel, `filter` and `bias` are the first output's.
template <const Convolution &kShape, int Width, int Outputs, typename P>
[[gnu::always_inline]] inline void convolve(const float *x, const P *filter, const P *bias, int top,
                                            int left, float *y) {
  constexpr int kPixel = kShape.input_channels * kShape.batch;
  const Range rows =
      taps_inside(top, kShape.dilation_height, kShape.kernel_height, kShape.input_height);
  const Range columns =
      taps_inside(left, kShape.dilation_width, kShape.kernel_width, kShape.input_width);
  Samples<Width> sums[Outputs] = {};
  for (int ky = rows.first; ky < rows.last; ++ky) {
    const int row = (top + ky * kShape.dilation_height) * kShape.input_width + left;
    for (int kx = columns.first; kx < columns.last; ++kx) {
      const float *from = x + (row + kx * kShape.dilation_width) * kPixel;
      const P *tap = filter + (ky * kShape.kernel_width + kx) * kShape.filter_tap_step();
      for (int c = 0; c < kShape.depth(); ++c) {
        const Samples<Width> value = load_samples<Width>(from + c * kShape.batch);
        unroll<Outputs>([&](auto o) {
          sums[o] += value * parameter(tap + o * kShape.filter_output_step() + c);
        });
      }
    }
  }
  unroll<Outputs>([&](auto o) {
    const Samples<Width> sum = bias != nullptr ? sums[o] + parameter(bias + o) : sums[o];
    store_samples<Width>(y + o * kShape.batch, activate<kShape.activation, Width>(sum));
  });
}

/// y = activation(filter * x + bias). `bias` may be null.
template <typename Layer, typename P>
inline void conv2d(Layer, const float *x, const P *filter, Optional<P> bias, float *y) {
  static constexpr Convolution kShape = Layer{};
  constexpr int kOutputs = kShape.group_outputs();
  for (int oy = 0, top = -kShape.pad_top; oy < kShape.output_height;
       ++oy, top += kShape.stride_height) {
    for (int ox = 0, left = -kShape.pad_left; ox < kShape.output_width;
         ++ox, left += kShape.stride_width) {
      for (int group = 0; group < kShape.group_count(); ++group) {
        for_each_block<kOutputs, kSums>([&](auto outputs, int within) {
          const int first = group * kOutputs + within;
          for_each_bundle<kShape.batch>([&](auto width, int sample) {
            convolve<kShape, width, outputs>(x + group * kShape.depth() * kShape.batch + sample,
                                             filter + first * kShape.filter_output_step(),
                                             bias != nullptr ? bias + first : nullptr, top, left,
                                             y + first * kShape.batch + sample);
          });
        });
      }
      y += kShape.output_channels * kShape.batch;
    }
  }
}

} // namespace tinyml::kernels::generic::training
