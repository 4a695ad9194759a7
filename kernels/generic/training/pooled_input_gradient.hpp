// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/pooled_windows.hpp"
#include "kernels/generic/training/runs.hpp"

namespace tinyml::kernels::generic::training {

/// Pixels that the four positions of a window see.
template <const Convolution &kShape> inline constexpr int kSeenRows = kShape.kernel_height + 1;
template <const Convolution &kShape> inline constexpr int kSeenColumns = kShape.kernel_width + 1;

/// The weights by which each seen pixel reaches the four positions, for every output channel; 0
/// where it does not.
template <const Convolution &kShape> struct PixelWeights {
  static constexpr int kOfOutput = kSeenRows<kShape> * kSeenColumns<kShape> * 4;
  alignas(16) float weights[kShape.output_channels * kOfOutput];

  template <typename P> PixelWeights(const P *filter, int channel) {
    float *to = weights;
    for (int o = 0; o < kShape.output_channels; ++o) {
      for (int row = 0; row < kSeenRows<kShape>; ++row) {
        for (int column = 0; column < kSeenColumns<kShape>; ++column) {
          for (int position = 0; position < 4; ++position) {
            const int ky = row - position / 2;
            const int kx = column - position % 2;
            const bool reaches =
                ky >= 0 && kx >= 0 && ky < kShape.kernel_height && kx < kShape.kernel_width;
            const int tap = (o * kShape.kernel_height + ky) * kShape.kernel_width + kx;
            *to++ = reaches ? parameter(filter + tap * kShape.depth() + channel) : 0.0F;
          }
        }
      }
    }
  }
};

/// Adds what all output channels of the window at (top, left) give to `Rows` rows of the pixels it
/// sees. `dpooled` and `choices` are asked for `i`, `i + batch`, ... of the output channels; `dx`
/// is pixel (top, left) of the input channel.
template <const Convolution &kShape, int Width, int Rows>
[[gnu::always_inline]] inline void add_chosen(const PixelWeights<kShape> &table, int first,
                                              const float *dpooled, const std::uint8_t *choices,
                                              int i, int top, int left, float *dx) {
  constexpr int kColumns = kSeenColumns<kShape>;
  constexpr int kPixel = kShape.input_channels * kShape.batch;
  const auto is_real = [&](int row, int column) {
    return top + row >= 0 && top + row < kShape.input_height && left + column >= 0 &&
           left + column < kShape.input_width;
  };
  Samples<Width> sums[Rows * kColumns] = {};
  unroll<Rows * kColumns>([&](auto at) TINYML_INLINE {
    const int row = first + at / kColumns;
    if (is_real(row, at % kColumns)) {
      sums[at] = load_samples<Width>(dx + (row * kShape.input_width + at % kColumns) * kPixel);
    }
  });
  const float *weights = table.weights + first * kColumns * 4;
  for (int o = 0; o < kShape.output_channels; ++o, i += kShape.batch) {
    const ChosenBits<kShape, Width> chosen(choices, i);
    const auto picks = isa::picks_of<Width>(chosen.low, chosen.high);
    const Samples<Width> slope = load_samples<Width>(dpooled + i);
    unroll<Rows * kColumns>([&](auto at) TINYML_INLINE {
      sums[at] += slope * isa::pick<Width>(weights + at * 4, picks);
    });
    weights += PixelWeights<kShape>::kOfOutput;
  }
  unroll<Rows * kColumns>([&](auto at) TINYML_INLINE {
    const int row = first + at / kColumns;
    if (is_real(row, at % kColumns)) {
      store_samples<Width>(dx + (row * kShape.input_width + at % kColumns) * kPixel, sums[at]);
    }
  });
}

/// One input channel, all samples. `dx` is input (0, 0) of the channel.
template <const Convolution &kShape>
inline void add_by_lane(const PixelWeights<kShape> &table, const float *dpooled,
                        const std::uint8_t *choices, float *dx) {
  constexpr int kRows = at_least_one(kSums / kSeenColumns<kShape>);
  constexpr int kPixel = kShape.input_channels * kShape.batch;
  int i = 0;
  for (int py = 0; py < pooled_height(kShape); ++py) {
    const int top = 2 * py - kShape.pad_top;
    for (int px = 0; px < pooled_width(kShape); ++px, i += kShape.output_channels * kShape.batch) {
      const int left = 2 * px - kShape.pad_left;
      float *corner = dx + (top * kShape.input_width + left) * kPixel;
      for_each_block<kSeenRows<kShape>, kRows>([&](auto rows, int first) {
        for_each_bundle<kShape.batch>([&](auto width, int sample) {
          add_chosen<kShape, width, rows>(table, first, dpooled, choices, i + sample, top, left,
                                          corner + sample);
        });
      });
    }
  }
}

/// One pooled output of one sample: dx += slope * filter.
template <const Convolution &kShape, typename P>
inline void add_filter(float slope, Corner corner, const P *filter, float *dx) {
  constexpr int kRun = kRunLength<kShape>;
  for_each_run_at<kShape>(
      corner,
      [&](int row, int pixel) TINYML_INLINE {
        add_run<kRun, kRun % 2 == 0>(slope, filter + row * kRun,
                                     dx + pixel * kShape.input_channels);
      },
      [&](int tap, int pixel) TINYML_INLINE {
        for (int c = 0; c < kShape.input_channels; ++c) {
          dx[pixel * kShape.input_channels + c] +=
              slope * parameter(filter + tap * kShape.input_channels + c);
        }
      });
}

/// Sums are in the order of pooled rows, columns, channels.
template <typename Layer, typename P>
inline void pooled_input_gradient(Layer, const float *dpooled, const std::uint8_t *choices,
                                  const P *filter, float *dx) {
  static constexpr Convolution kShape = Layer{};
  constexpr int kPixel = kShape.input_channels * kShape.batch;
  fill_zero<kShape.input_height * kShape.input_width * kPixel>(dx);
  if constexpr (kPicksByLane<kShape>) {
    for (int c = 0; c < kShape.depth(); ++c) {
      add_by_lane<kShape>(PixelWeights<kShape>(filter, c), dpooled, choices, dx + c * kShape.batch);
    }
  } else if constexpr (kShape.batch == 1) {
    for (int i = 0; i < pooled_count(kShape); ++i) {
      if (dpooled[i] != 0) {
        add_filter<kShape>(dpooled[i], chosen_corner<kShape>(choices, i),
                           filter + i % kShape.output_channels * kShape.filter_output_step(), dx);
      }
    }
  } else {
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
}

} // namespace tinyml::kernels::generic::training
