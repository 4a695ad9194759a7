// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/choices.hpp"
#include "kernels/generic/training/conv2d.hpp"

namespace tinyml::kernels::generic::training {

/// One output channel of one window: the largest of four outputs, after its activation, and where
/// it is. Pointers as convolve().
template <const Convolution &kShape, int Width, typename P>
inline Samples<Width> largest_of_four(const float *x, const P *filter, const P *bias, int top,
                                      int left, int (&choice)[Width]) {
  Samples<Width> largest{};
  for (int position = 0; position < 4; ++position) {
    alignas(64) float y[kShape.batch];
    convolve<kShape, Width, 1>(x, filter, bias, top + position / 2 * kShape.stride_height,
                               left + position % 2 * kShape.stride_width, y);
    const Samples<Width> value = load_samples<Width>(y);
    for (int lane = 0; lane < Width; ++lane) {
      const auto of = [lane](const Samples<Width> &all) {
        if constexpr (Width == 1) {
          return all;
        } else {
          return all[lane];
        }
      };
      choice[lane] = position == 0 || of(value) > of(largest) ? position : choice[lane];
    }
    largest = position == 0 || largest < value ? value : largest;
  }
  return largest;
}

/// pooled = 2 x 2 maxima (stride 2) of activation(filter * x + bias), which itself is never stored;
/// `choices` (choice_bytes) tells where each is from, the first of equal ones. `bias` may be null.
/// One group. Where a ReLU let nothing pass, pooled is 0 and relu_gradient() in front of the
/// gradients below takes care of it.
template <typename Layer, typename P>
inline void conv2d_max_pool(Layer, const float *x, const P *filter, Optional<P> bias, float *pooled,
                            std::uint8_t *choices) {
  static constexpr Convolution kShape = Layer{};
  int at = 0;
  for (int py = 0; py < pooled_height(kShape); ++py) {
    const int top = 2 * py * kShape.stride_height - kShape.pad_top;
    for (int px = 0; px < pooled_width(kShape); ++px) {
      const int left = 2 * px * kShape.stride_width - kShape.pad_left;
      for (int o = 0; o < kShape.output_channels; ++o, at += kShape.batch) {
        for_each_bundle<kShape.batch>([&](auto width, int sample) {
          int choice[decltype(width)::value] = {};
          store_samples<width>(pooled + at + sample,
                               largest_of_four<kShape, width>(
                                   x + sample, filter + o * kShape.filter_output_step(),
                                   bias != nullptr ? bias + o : nullptr, top, left, choice));
          for (int lane = 0; lane < width; ++lane) {
            set_choice<kShape>(choices, at + sample + lane, choice[lane]);
          }
        });
      }
    }
  }
}

} // namespace tinyml::kernels::generic::training
