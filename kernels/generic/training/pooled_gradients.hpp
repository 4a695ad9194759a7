// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/bundles.hpp"
#include "kernels/generic/training/choices.hpp"
#include "kernels/generic/training/taps.hpp"

/// Gradients of a convolution straight from those of its pooled outputs (conv2d_max_pool.hpp):
/// one product in four is left.
namespace tinyml::kernels::generic::training {

/// The window of the convolution that pooled output `i` comes from: input row and column of its
/// tap (0, 0).
struct Corner {
  int top, left;
};
template <const Convolution &kShape>
[[nodiscard]] inline Corner chosen_corner(const std::uint8_t *choices, int i) {
  const int pixel = i / (kShape.output_channels * kShape.batch);
  const int choice = choice_at<kShape>(choices, i);
  const int row = 2 * (pixel / pooled_width(kShape)) + choice / 2;
  const int column = 2 * (pixel % pooled_width(kShape)) + choice % 2;
  return {row * kShape.stride_height - kShape.pad_top,
          column * kShape.stride_width - kShape.pad_left};
}

/// Calls `tap(number, pixel)` for the taps of a window that meet the input.
template <const Convolution &kShape, typename Tap>
[[gnu::always_inline]] inline void for_each_tap_at(Corner corner, Tap tap) {
  const Range rows =
      taps_inside(corner.top, kShape.dilation_height, kShape.kernel_height, kShape.input_height);
  const Range columns =
      taps_inside(corner.left, kShape.dilation_width, kShape.kernel_width, kShape.input_width);
  for (int ky = rows.first; ky < rows.last; ++ky) {
    const int row = (corner.top + ky * kShape.dilation_height) * kShape.input_width + corner.left;
    for (int kx = columns.first; kx < columns.last; ++kx) {
      tap(ky * kShape.kernel_width + kx, row + kx * kShape.dilation_width);
    }
  }
}

/// Calls `take(parameter, gradient)` for every parameter of the filter. Per sample in the order of
/// pooled rows and columns, then over the samples.
template <typename Layer, typename Take>
inline void for_each_pooled_filter_gradient(Layer, const float *x, const float *dpooled,
                                            const std::uint8_t *choices, Take take) {
  static constexpr Convolution kShape = Layer{};
  constexpr int kStep = kShape.output_channels * kShape.batch;
  constexpr int kTaps = kShape.kernel_height * kShape.kernel_width;
  for (int o = 0; o < kShape.output_channels; ++o) {
    for (int c = 0; c < kShape.depth(); ++c) {
      float sums[kTaps][kShape.batch] = {};
      for (int n = 0; n < kShape.batch; ++n) {
        for (int i = o * kShape.batch + n; i < pooled_count(kShape); i += kStep) {
          for_each_tap_at<kShape>(chosen_corner<kShape>(choices, i), [&](int tap, int pixel) {
            sums[tap][n] += dpooled[i] * x[(pixel * kShape.input_channels + c) * kShape.batch + n];
          });
        }
      }
      for (int tap = 0; tap < kTaps; ++tap) {
        take((o * kTaps + tap) * kShape.depth() + c, sum_of_samples<kShape.batch>(sums[tap]));
      }
    }
  }
}

template <typename Layer>
inline void pooled_filter_gradient(Layer layer, const float *x, const float *dpooled,
                                   const std::uint8_t *choices, float *dfilter) {
  for_each_pooled_filter_gradient(layer, x, dpooled, choices, KeepGradient{dfilter});
}

/// filter -= rate * gradient, without an array of gradients.
template <typename Layer, typename P>
inline void pooled_filter_sgd(Layer layer, const float *x, const float *dpooled,
                              const std::uint8_t *choices, float rate, P *filter) {
  for_each_pooled_filter_gradient(layer, x, dpooled, choices, Descend<P>{filter, rate});
}

/// Sums are in the order of pooled rows, columns, channels.
template <typename Layer, typename P>
inline void pooled_input_gradient(Layer, const float *dpooled, const std::uint8_t *choices,
                                  const P *filter, float *dx) {
  static constexpr Convolution kShape = Layer{};
  constexpr int kPixel = kShape.input_channels * kShape.batch;
  constexpr int kPixels = kShape.input_height * kShape.input_width;
  for_each_bundle<kPixels * kPixel>(
      [&](auto width, int at) { store_samples<width>(dx + at, Samples<width>{}); });
  for (int i = 0; i < pooled_count(kShape); ++i) {
    const int n = i % kShape.batch;
    const P *weights =
        filter + i / kShape.batch % kShape.output_channels * kShape.filter_output_step();
    for_each_tap_at<kShape>(chosen_corner<kShape>(choices, i), [&](int tap, int pixel) {
      for (int c = 0; c < kShape.depth(); ++c) {
        dx[pixel * kPixel + c * kShape.batch + n] +=
            dpooled[i] * parameter(weights + tap * kShape.depth() + c);
      }
    });
  }
}

} // namespace tinyml::kernels::generic::training
