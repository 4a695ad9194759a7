// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/choices.hpp"
#include "kernels/generic/training/convolve.hpp"

namespace tinyml::kernels::generic::training {

/// The four positions of one window, sums[position * Outputs + output].
template <const Convolution &kShape, int Width, int Outputs, typename P>
[[gnu::always_inline]] inline void convolve_window(const float *x, const P *filter, const P *bias,
                                                   int top, int left, Samples<Width> *sums) {
  if (is_inside<kShape, 2, 2>(top, left)) {
    convolve<kShape, Width, Outputs, 2, 2>(x, filter, taps_at<kShape>(top, left), sums);
  } else {
    unroll<4>([&](auto p) TINYML_INLINE {
      const Taps taps =
          taps_at<kShape>(top + p / 2 * kShape.stride_height, left + p % 2 * kShape.stride_width);
      convolve<kShape, Width, Outputs, 1, 1>(x, filter, taps, sums + p * Outputs);
    });
  }
  unroll<4>([&](auto p) TINYML_INLINE { add_bias<Outputs, Width>(bias, sums + p * Outputs); });
}

/// The largest of four and where it is, the first of equal ones.
template <int Width> struct Largest {
  Samples<Width> value;
  std::uint32_t low, high; ///< bits of the position
};
template <int Width>
[[nodiscard]] inline Largest<Width> largest_of(Samples<Width> a, Samples<Width> b, Samples<Width> c,
                                               Samples<Width> d) {
  const std::uint32_t second = isa::greater_bits<Width>(b, a);
  const std::uint32_t fourth = isa::greater_bits<Width>(d, c);
  const Samples<Width> upper = b > a ? b : a;
  const Samples<Width> lower = d > c ? d : c;
  const std::uint32_t below = isa::greater_bits<Width>(lower, upper);
  return {lower > upper ? lower : upper, (fourth & below) | (second & ~below), below};
}

/// pooled = 2 x 2 maxima (stride 2) of activation(filter * x + bias), which itself is never stored;
/// `choices` (choice_bytes) tells where each is from. `bias` may be null. One group. Where a ReLU
/// let nothing pass, pooled is 0 and relu_gradient() in front of the gradients takes care of it.
template <typename Layer, typename P>
inline void conv2d_max_pool(Layer, const float *x, const P *filter, Optional<P> bias, float *pooled,
                            std::uint8_t *choices) {
  static constexpr Convolution kShape = Layer{};
  int at = 0;
  for (int py = 0; py < pooled_height(kShape); ++py) {
    const int top = 2 * py * kShape.stride_height - kShape.pad_top;
    for (int px = 0; px < pooled_width(kShape); ++px) {
      const int left = 2 * px * kShape.stride_width - kShape.pad_left;
      for_each_block<kShape.output_channels, kTileOutputs<kShape>>([&](auto outputs, int first) {
        for_each_bundle<kShape.batch>([&](auto width, int sample) {
          Samples<width> sums[4 * decltype(outputs)::value] = {};
          convolve_window<kShape, width, outputs>(
              x + sample, filter + first * kShape.filter_output_step(),
              bias != nullptr ? bias + first : nullptr, top, left, sums);
          unroll<outputs>([&](auto o) TINYML_INLINE {
            const auto largest = largest_of<width>(sums[o], sums[outputs + o],
                                                   sums[2 * outputs + o], sums[3 * outputs + o]);
            const int to = at + (first + o) * kShape.batch + sample;
            store_samples<width>(pooled + to, activate<kShape.activation, width>(largest.value));
            set_choices<kShape, width>(choices, to, largest.low, largest.high);
          });
        });
      });
      at += kShape.output_channels * kShape.batch;
    }
  }
}

} // namespace tinyml::kernels::generic::training
