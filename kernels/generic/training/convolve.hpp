// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/runs.hpp"
#include "kernels/generic/training/taps.hpp"

/// The inner loops of forward convolutions: several neighbouring positions (a tile) of several
/// output channels are summed up at the same time, so that an input is loaded once for all of the
/// channels and a weight once for all of the positions.
namespace tinyml::kernels::generic::training {

inline constexpr int kTilePositions = 4;
/// With one sample an output channel's weights are held, not an input.
template <const Convolution &kShape>
inline constexpr int kTileOutputs = kShape.batch == 1 ? 1 : kSums / kTilePositions;

/// The window of one position, or of the first one of a tile: input row and column of its tap
/// (0, 0), and the taps that meet the input.
struct Taps {
  int top, left;
  Range rows, columns;
};

template <const Convolution &kShape> [[nodiscard]] inline Taps taps_at(int top, int left) {
  return {top, left,
          taps_inside(top, kShape.dilation_height, kShape.kernel_height, kShape.input_height),
          taps_inside(left, kShape.dilation_width, kShape.kernel_width, kShape.input_width)};
}

/// A row of taps is one run in the input and in the filter.
template <const Convolution &kShape>
inline constexpr bool kHasRuns =
    kShape.batch == 1 && kShape.groups == 1 && !kShape.depthwise && kShape.dilation_width == 1;
/// One output channel and one sample, all columns of taps inside of the input: sums[position].
/// `row` is what row `rows.first` of the taps sees, its `row_values` from the next one.
template <const Convolution &kShape, int Rows, int Columns, typename P>
[[gnu::always_inline]] inline void convolve_runs(const float *row, int row_values, const P *filter,
                                                 Range rows, float *sums) {
  constexpr int kRun = kRunLength<kShape>;
  constexpr bool kPairs = kRun % 2 == 0;
  for (int ky = rows.first; ky < rows.last; ++ky, row += kShape.dilation_height * row_values) {
    multiply_runs<kRun, Rows * Columns, kPairs>(
        filter + ky * kRun,
        [&](auto p) TINYML_INLINE {
          return row + p / Columns * kShape.stride_height * row_values +
                 p % Columns * kShape.stride_width * kShape.input_channels;
        },
        sums);
  }
}

/// sums[position * Outputs + output] += products in the order kernel row, kernel column, input
/// channel. `x` is input (0, 0) of the first channel and sample, `filter` the first output's.
template <const Convolution &kShape, int Width, int Outputs, int Rows, int Columns, typename P>
[[gnu::always_inline]] inline void convolve(const float *x, const P *filter, const Taps &taps,
                                            Samples<Width> *sums) {
  if constexpr (kHasRuns<kShape>) {
    if (taps.columns.first == 0 && taps.columns.last == kShape.kernel_width) {
      constexpr int kRow = kShape.input_width * kShape.input_channels;
      const int first = taps.top + taps.rows.first * kShape.dilation_height;
      return convolve_runs<kShape, Rows, Columns>(
          x + first * kRow + taps.left * kShape.input_channels, kRow, filter, taps.rows, sums);
    }
  }
  constexpr int kPixel = kShape.input_channels * kShape.batch;
  for (int ky = taps.rows.first; ky < taps.rows.last; ++ky) {
    const int row = (taps.top + ky * kShape.dilation_height) * kShape.input_width + taps.left;
    for (int kx = taps.columns.first; kx < taps.columns.last; ++kx) {
      const float *from = x + (row + kx * kShape.dilation_width) * kPixel;
      const P *tap = filter + (ky * kShape.kernel_width + kx) * kShape.filter_tap_step();
      for (int c = 0; c < kShape.depth(); ++c, from += kShape.batch, ++tap) {
        Samples<Width> values[Rows * Columns];
        unroll<Rows * Columns>([&](auto p) TINYML_INLINE {
          constexpr int kPlace = p / Columns * kShape.stride_height * kShape.input_width +
                                 p % Columns * kShape.stride_width;
          values[p] = load_samples<Width>(from + kPlace * kPixel);
        });
        unroll<Outputs>([&](auto o) TINYML_INLINE {
          const float weight = parameter(tap + o * kShape.filter_output_step());
          unroll<Rows * Columns>(
              [&](auto p) TINYML_INLINE { sums[p * Outputs + o] += values[p] * weight; });
        });
      }
    }
  }
}

/// Adds the biases of `Outputs` channels to the sums of one position.
template <int Outputs, int Width, typename P>
[[gnu::always_inline]] inline void add_bias(const P *bias, Samples<Width> *sums) {
  if (bias != nullptr) {
    unroll<Outputs>([&](auto o) TINYML_INLINE { sums[o] += parameter(bias + o); });
  }
}

} // namespace tinyml::kernels::generic::training
