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

/// The output of one channel from the sums of the four positions; output number `to` is the first
/// of the bundle.
template <const Convolution &kShape, int Width>
[[gnu::always_inline]] inline void finish_window(const Largest<Width> &largest, int to,
                                                 float *pooled, std::uint8_t *choices) {
  store_samples<Width>(pooled + to, activate<kShape.activation, Width>(largest.value));
  set_choices<kShape, Width>(choices, to, largest.low, largest.high);
}

/// What the four positions of a window see of one sample.
template <const Convolution &kShape> class SeenPatch {
  static constexpr int kRows =
      (kShape.kernel_height - 1) * kShape.dilation_height + 1 + kShape.stride_height;
  static constexpr int kColumns = kShape.kernel_width + kShape.stride_width;
  static constexpr int kInputRow = kShape.input_width * kShape.input_channels;

public:
  /// Where it lies in the input, or a copy with its padding.
  SeenPatch(const float *x, int top, int left)
      : first(x + top * kInputRow + left * kShape.input_channels), row_values(kInputRow) {
    if (!is_inside<kShape, 2, 2>(top, left)) {
      copy(x, top, left);
      first = copy_;
      row_values = kColumns * kShape.input_channels;
    }
  }
  SeenPatch(const SeenPatch &) = delete;
  SeenPatch &operator=(const SeenPatch &) = delete;

  const float *first;
  int row_values;

private:
  void copy(const float *x, int top, int left) {
    float *to = copy_;
    for (int row = top; row < top + kRows; ++row) {
      for (int column = left; column < left + kColumns; ++column) {
        const bool real =
            row >= 0 && row < kShape.input_height && column >= 0 && column < kShape.input_width;
        const float *from = x + row * kInputRow + column * kShape.input_channels;
        for (int c = 0; c < kShape.input_channels; ++c) {
          *to++ = real ? from[c] : 0.0F;
        }
      }
    }
  }

  float copy_[kRows * kColumns * kShape.input_channels];
};

/// All channels of the window at (top, left), one sample.
template <const Convolution &kShape, typename P>
inline void pool_runs(const float *x, const P *filter, const P *bias, int top, int left, int to,
                      float *pooled, std::uint8_t *choices) {
  const SeenPatch<kShape> patch(x, top, left);
  for (int o = 0; o < kShape.output_channels; ++o, filter += kShape.filter_output_step()) {
    float sums[4] = {};
    convolve_runs<kShape, 2, 2>(patch.first, patch.row_values, filter, {0, kShape.kernel_height},
                                sums);
    unroll<4>([&](auto p) TINYML_INLINE {
      add_bias<1, 1>(bias != nullptr ? bias + o : nullptr, sums + p);
    });
    finish_window<kShape, 1>(largest_of<1>(sums[0], sums[1], sums[2], sums[3]), to + o, pooled,
                             choices);
  }
}

/// All channels and samples of the window at (top, left).
template <const Convolution &kShape, typename P>
inline void pool_tiles(const float *x, const P *filter, const P *bias, int top, int left, int to,
                       float *pooled, std::uint8_t *choices) {
  for_each_block<kShape.output_channels, kTileOutputs<kShape>>([&](auto outputs, int first) {
    for_each_bundle<kShape.batch>([&](auto width, int sample) {
      Samples<width> sums[4 * decltype(outputs)::value] = {};
      convolve_window<kShape, width, outputs>(
          x + sample, filter + first * kShape.filter_output_step(),
          bias != nullptr ? bias + first : nullptr, top, left, sums);
      unroll<outputs>([&](auto o) TINYML_INLINE {
        finish_window<kShape, width>(largest_of<width>(sums[o], sums[outputs + o],
                                                       sums[2 * outputs + o],
                                                       sums[3 * outputs + o]),
                                     to + (first + o) * kShape.batch + sample, pooled, choices);
      });
    });
  });
}

/// pooled = 2 x 2 maxima (stride 2) of activation(filter * x + bias), which itself is never stored;
/// `choices` (choice_bytes) tells where each is from. `bias` may be null. One group. Where a ReLU
/// let nothing pass, pooled is 0 and relu_gradient() in front of the gradients takes care of it.
template <typename Layer, typename P>
inline void conv2d_max_pool(Layer, const float *x, const P *filter, Optional<P> bias, float *pooled,
                            std::uint8_t *choices) {
  static constexpr Convolution kShape = Layer{};
  int to = 0;
  for (int py = 0; py < pooled_height(kShape); ++py) {
    const int top = 2 * py * kShape.stride_height - kShape.pad_top;
    for (int px = 0; px < pooled_width(kShape); ++px) {
      const int left = 2 * px * kShape.stride_width - kShape.pad_left;
      if constexpr (kHasRuns<kShape>) {
        pool_runs<kShape, P>(x, filter, bias, top, left, to, pooled, choices);
      } else {
        pool_tiles<kShape, P>(x, filter, bias, top, left, to, pooled, choices);
      }
      to += kShape.output_channels * kShape.batch;
    }
  }
}

} // namespace tinyml::kernels::generic::training
