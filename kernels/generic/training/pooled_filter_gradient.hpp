// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/pooled_windows.hpp"
#include "kernels/generic/training/runs.hpp"

namespace tinyml::kernels::generic::training {

/// What the lanes of one bundle see of one input channel in the window at (top, left): for every
/// pixel column the one that their position's tap is on. `Inside`: nothing of it is padding.
template <const Convolution &kShape, int Width, bool Inside> struct ChosenPixels {
  const float *corner; ///< pixel (top, left) of the channel
  int top, left;
  std::uint32_t right; ///< the lanes whose position is in the right column

  [[nodiscard, gnu::always_inline]] Samples<Width> pixel(int row, int column) const {
    constexpr int kPixel = kShape.input_channels * kShape.batch;
    if constexpr (!Inside) {
      if (top + row < 0 || top + row >= kShape.input_height || left + column < 0 ||
          left + column >= kShape.input_width) {
        return Samples<Width>{};
      }
    }
    return load_samples<Width>(corner + (row * kShape.input_width + column) * kPixel);
  }
  /// Row `row` as taps 0 to kernel_width - 1 see it.
  [[gnu::always_inline]] void load_row(int row, Samples<Width> *seen) const {
    Samples<Width> here = pixel(row, 0);
    unroll<kShape.kernel_width>([&](auto kx) TINYML_INLINE {
      const Samples<Width> next = pixel(row, kx + 1);
      seen[kx] = isa::select<Width>(right, next, here);
      here = next;
    });
  }
};

/// sums += slope * what each tap of rows `first` to `first + Rows - 1` sees.
template <const Convolution &kShape, int Width, int Rows, bool Inside>
[[gnu::always_inline]] inline void
correlate_chosen(const ChosenPixels<kShape, Width, Inside> &pixels, int first, std::uint32_t below,
                 Samples<Width> slope, Samples<Width> *sums) {
  constexpr int kColumns = kShape.kernel_width;
  Samples<Width> upper[kColumns];
  pixels.load_row(first, upper);
  unroll<Rows>([&](auto row) TINYML_INLINE {
    Samples<Width> lower[kColumns];
    pixels.load_row(first + row + 1, lower);
    unroll<kColumns>([&](auto kx) TINYML_INLINE {
      sums[row * kColumns + kx] += slope * isa::select<Width>(below, lower[kx], upper[kx]);
      upper[kx] = lower[kx];
    });
  });
}

/// One bundle's sums for the taps of rows `first` to `first + Rows - 1`, output channel `o`. `x` is
/// input (0, 0) of the input channel; the sums of tap t go to `sums_of_samples + t * batch`.
template <const Convolution &kShape, int Width, int Rows>
inline void sum_chosen(const float *x, const float *dpooled, const std::uint8_t *choices, int o,
                       int first, float *sums_of_samples) {
  constexpr int kCount = Rows * kShape.kernel_width;
  constexpr int kPixel = kShape.input_channels * kShape.batch;
  Samples<Width> sums[kCount] = {};
  int i = o;
  for (int py = 0; py < pooled_height(kShape); ++py) {
    const int top = 2 * py - kShape.pad_top;
    for (int px = 0; px < pooled_width(kShape); ++px, i += kShape.output_channels * kShape.batch) {
      const int left = 2 * px - kShape.pad_left;
      const ChosenBits<kShape, Width> chosen(choices, i);
      const Samples<Width> slope = load_samples<Width>(dpooled + i);
      const float *corner = x + (top * kShape.input_width + left) * kPixel;
      if (is_inside<kShape, 2, 2>(top, left)) {
        correlate_chosen<kShape, Width, Rows, true>({corner, top, left, chosen.low}, first,
                                                    chosen.high, slope, sums);
      } else {
        correlate_chosen<kShape, Width, Rows, false>({corner, top, left, chosen.low}, first,
                                                     chosen.high, slope, sums);
      }
    }
  }
  unroll<kCount>([&](auto t) TINYML_INLINE {
    store_samples<Width>(sums_of_samples + t * kShape.batch, sums[t]);
  });
}

/// For every tap the sums of all samples, one output and one input channel.
template <const Convolution &kShape>
inline void sum_by_lane(const float *x, const float *dpooled, const std::uint8_t *choices, int o,
                        int c, float *sums) {
  constexpr int kRows = at_least_one(isa::kSampleBlocking.most_sums / kShape.kernel_width);
  for_each_block<kShape.kernel_height, kRows>([&](auto rows, int first) {
    for_each_bundle<kShape.batch>([&](auto width, int sample) {
      sum_chosen<kShape, width, rows>(x + c * kShape.batch + sample, dpooled, choices,
                                      o * kShape.batch + sample, first,
                                      sums + first * kShape.kernel_width * kShape.batch + sample);
    });
  });
}

/// The same, sample by sample.
template <const Convolution &kShape>
inline void sum_by_sample(const float *x, const float *dpooled, const std::uint8_t *choices, int o,
                          int c, float *sums) {
  constexpr int kStep = kShape.output_channels * kShape.batch;
  constexpr int kPixel = kShape.input_channels * kShape.batch;
  for_each_bundle<kShape.kernel_height * kShape.kernel_width * kShape.batch>(
      [&](auto width, int at) { store_samples<width>(sums + at, Samples<width>{}); });
  for (int n = 0; n < kShape.batch; ++n) {
    for (int i = o * kShape.batch + n; i < pooled_count(kShape); i += kStep) {
      for_each_tap_at<kShape>(chosen_corner<kShape>(choices, i), [&](int tap, int pixel) {
        sums[tap * kShape.batch + n] += dpooled[i] * x[pixel * kPixel + c * kShape.batch + n];
      });
    }
  }
}

/// All of output channel `o`'s gradients for one sample.
template <const Convolution &kShape>
inline void sum_runs(const float *x, const float *dpooled, const std::uint8_t *choices, int o,
                     float *sums) {
  constexpr int kRun = kRunLength<kShape>;
  fill_zero<kShape.kernel_height * kRun>(sums);
  for (int i = o; i < pooled_count(kShape); i += kShape.output_channels) {
    if (dpooled[i] != 0) {
      for_each_run_at<kShape>(
          chosen_corner<kShape>(choices, i),
          [&](int row, int pixel) TINYML_INLINE {
            add_run<kRun, false>(dpooled[i], x + pixel * kShape.input_channels, sums + row * kRun);
          },
          [&](int tap, int pixel) TINYML_INLINE {
            for (int c = 0; c < kShape.input_channels; ++c) {
              sums[tap * kShape.input_channels + c] +=
                  dpooled[i] * x[pixel * kShape.input_channels + c];
            }
          });
    }
  }
}

/// Calls `take(parameter, gradient)` for every parameter of the filter. Per sample in the order of
/// pooled rows and columns, then over the samples.
template <typename Layer, typename Take>
inline void for_each_pooled_filter_gradient(Layer, const float *x, const float *dpooled,
                                            const std::uint8_t *choices, Take take) {
  static constexpr Convolution kShape = Layer{};
  constexpr int kTaps = kShape.kernel_height * kShape.kernel_width;
  if constexpr (kShape.batch == 1) {
    for (int o = 0; o < kShape.output_channels; ++o) {
      float sums[kShape.filter_output_step()];
      sum_runs<kShape>(x, dpooled, choices, o, sums);
      for (int i = 0; i < kShape.filter_output_step(); ++i) {
        take(o * kShape.filter_output_step() + i, sums[i]);
      }
    }
    return;
  }
  for (int c = 0; c < kShape.depth(); ++c) {
    for (int o = 0; o < kShape.output_channels; ++o) {
      alignas(64) float sums[kTaps * kShape.batch];
      if constexpr (kPicksByLane<kShape>) {
        sum_by_lane<kShape>(x, dpooled, choices, o, c, sums);
      } else {
        sum_by_sample<kShape>(x, dpooled, choices, o, c, sums);
      }
      for (int tap = 0; tap < kTaps; ++tap) {
        take((o * kTaps + tap) * kShape.depth() + c,
             sum_of_samples<kShape.batch>(sums + tap * kShape.batch));
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

} // namespace tinyml::kernels::generic::training
