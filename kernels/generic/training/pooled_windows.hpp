// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/bundles.hpp"
#include "kernels/generic/training/choices.hpp"
#include "kernels/generic/training/taps.hpp"

/// Gradients of a convolution straight from those of its pooled outputs (conv2d_max_pool.hpp): one
/// product in four is left. What is said of both of them.
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

/// Calls `run(row, pixel)` for the rows of taps of a window that meet the input as a whole, for the
/// others `tap(number, pixel)` as for_each_tap_at().
template <const Convolution &kShape, typename Run, typename Tap>
[[gnu::always_inline]] inline void for_each_run_at(Corner corner, Run run, Tap tap) {
  const Range rows =
      taps_inside(corner.top, kShape.dilation_height, kShape.kernel_height, kShape.input_height);
  if (kShape.dilation_width != 1 || corner.left < 0 ||
      corner.left + kShape.kernel_width > kShape.input_width) {
    return for_each_tap_at<kShape>(corner, tap);
  }
  for (int ky = rows.first; ky < rows.last; ++ky) {
    run(ky, (corner.top + ky * kShape.dilation_height) * kShape.input_width + corner.left);
  }
}

/// Bundles of samples go through the windows side by side, each sample with its own choice: all
/// pixels that a window's four positions see are at hand, and lanes pick. Needs neighbouring
/// positions to be neighbouring pixels, and the choices of a bundle in whole bytes.
template <const Convolution &kShape>
inline constexpr bool kPicksByLane =
    kLanes >= 8 && kShape.batch % 8 == 0 && kShape.stride_height == 1 && kShape.stride_width == 1 &&
    kShape.dilation_height == 1 && kShape.dilation_width == 1;

/// One bundle of a pooled output: number of its first sample's, and bits of the choices.
template <const Convolution &kShape, int Width> struct ChosenBits {
  std::uint32_t low, high;
  ChosenBits(const std::uint8_t *choices, int i)
      : low(bits_at<Width>(choices, i)),
        high(bits_at<Width>(choices + choice_plane_bytes(kShape), i)) {}
};

} // namespace tinyml::kernels::generic::training
