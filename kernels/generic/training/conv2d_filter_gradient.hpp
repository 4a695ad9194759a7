// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/bundles.hpp"
#include "kernels/generic/training/taps.hpp"

namespace tinyml::kernels::generic::training {

/// Where tap (ky, kx) of the windows is inside of the input: output rows and columns.
struct TapWindows {
  Range rows, columns;
};
template <const Convolution &kShape> [[nodiscard]] inline TapWindows tap_windows(int ky, int kx) {
  return {windows_inside(ky, kShape.stride_height, kShape.dilation_height, kShape.pad_top,
                         kShape.input_height, kShape.output_height),
          windows_inside(kx, kShape.stride_width, kShape.dilation_width, kShape.pad_left,
                         kShape.input_width, kShape.output_width)};
}

/// Sums of one bundle for `Outputs` x `Channels` parameters at one tap; those of parameter (o, c)
/// go to `sums + (o * Channels + c) * batch`. `dy` is output (0, 0) of the first output, `x` what
/// the tap of window (0, 0) sees of the first channel.
template <const Convolution &kShape, int Width, int Outputs, int Channels>
[[gnu::always_inline]] inline void correlate(const float *x, const float *dy,
                                             const TapWindows &windows, float *sums_of_samples) {
  constexpr int kInputPixel = kShape.input_channels * kShape.batch;
  constexpr int kOutputPixel = kShape.output_channels * kShape.batch;
  Samples<Width> sums[Outputs * Channels] = {};
  for (int oy = windows.rows.first; oy < windows.rows.last; ++oy) {
    const float *x_row = x + oy * kShape.stride_height * kShape.input_width * kInputPixel;
    const float *dy_row = dy + oy * kShape.output_width * kOutputPixel;
    for (int ox = windows.columns.first; ox < windows.columns.last; ++ox) {
      const float *from = x_row + ox * kShape.stride_width * kInputPixel;
      Samples<Width> values[Channels];
      unroll<Channels>(
          [&](auto c) TINYML_INLINE { values[c] = load_samples<Width>(from + c * kShape.batch); });
      unroll<Outputs>([&](auto o) TINYML_INLINE {
        const auto slope = load_samples<Width>(dy_row + ox * kOutputPixel + o * kShape.batch);
        unroll<Channels>([&](auto c)
                             TINYML_INLINE { sums[o * Channels + c] += slope * values[c]; });
      });
    }
  }
  unroll<Outputs * Channels>([&](auto i) TINYML_INLINE {
    store_samples<Width>(sums_of_samples + i * kShape.batch, sums[i]);
  });
}

/// Calls `take(parameter, gradient)` for every parameter. Per sample in the order of output rows
/// and columns, then over the samples.
template <typename Layer, typename Take>
inline void for_each_filter_gradient(Layer, const float *x, const float *dy, Take take) {
  static constexpr Convolution kShape = Layer{};
  constexpr int kOutputs = kShape.group_outputs();
  constexpr int kChannels = smaller(kShape.depth(), 2);
  for (int tap = 0; tap < kShape.kernel_height * kShape.kernel_width; ++tap) {
    const int ky = tap / kShape.kernel_width;
    const int kx = tap % kShape.kernel_width;
    const TapWindows windows = tap_windows<kShape>(ky, kx);
    const int seen = (ky * kShape.dilation_height - kShape.pad_top) * kShape.input_width +
                     kx * kShape.dilation_width - kShape.pad_left;
    for (int group = 0; group < kShape.group_count(); ++group) {
      for_each_block<kOutputs, kSums / kChannels>([&](auto outputs, int within) {
        const int output = group * kOutputs + within;
        for_each_block<kShape.depth(), kChannels>([&](auto channels, int c) {
          const int channel = seen * kShape.input_channels + group * kShape.depth() + c;
          alignas(64) float sums[outputs * channels * kShape.batch];
          for_each_bundle<kShape.batch>([&](auto width, int sample) {
            correlate<kShape, width, outputs, channels>(x + channel * kShape.batch + sample,
                                                        dy + output * kShape.batch + sample,
                                                        windows, sums + sample);
          });
          for (int i = 0; i < outputs * channels; ++i) {
            take((output + i / channels) * kShape.filter_output_step() +
                     tap * kShape.filter_tap_step() + c + i % channels,
                 sum_of_samples<kShape.batch>(sums + i * kShape.batch));
          }
        });
      });
    }
  }
}

template <typename Layer>
inline void conv2d_filter_gradient(Layer layer, const float *x, const float *dy, float *dfilter) {
  for_each_filter_gradient(layer, x, dy, KeepGradient{dfilter});
}

/// filter -= rate * gradient, without an array of gradients.
template <typename Layer, typename P>
inline void conv2d_filter_sgd(Layer layer, const float *x, const float *dy, float rate, P *filter) {
  for_each_filter_gradient(layer, x, dy, Descend<P>{filter, rate});
}

} // namespace tinyml::kernels::generic::training
