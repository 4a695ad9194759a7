// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/shapes.hpp"

namespace tinyml::kernels::generic::training {

/// The numbers [first, last).
struct Range {
  int first, last;
};

[[nodiscard]] constexpr int divided_up(int value, int by) {
  return value <= 0 ? 0 : (value + by - 1) / by;
}
[[nodiscard]] constexpr int smaller(int a, int b) { return a < b ? a : b; }
[[nodiscard]] constexpr int at_least_one(int value) { return value < 1 ? 1 : value; }

/// Taps of a window that meet the input when tap 0 is at `start` and taps are `dilation` apart.
[[nodiscard]] constexpr Range taps_inside(int start, int dilation, int kernel, int size) {
  return {divided_up(-start, dilation), smaller(kernel, divided_up(size - start, dilation))};
}

/// Windows whose tap `tap` meets the input.
[[nodiscard]] constexpr Range windows_inside(int tap, int stride, int dilation, int pad, int size,
                                             int count) {
  const int start = tap * dilation - pad; // where the tap of window 0 is
  return {divided_up(-start, stride), smaller(count, divided_up(size - start, stride))};
}

/// Windows that cover input position `at`, if none of their taps were left out by a dilation.
[[nodiscard]] constexpr Range windows_over(int at, int stride, int dilation, int pad, int kernel,
                                           int count) {
  const int start = at + pad;
  return {divided_up(start - (kernel - 1) * dilation, stride), smaller(count, start / stride + 1)};
}

/// All taps of all positions of a tile meet the input.
template <const Convolution &kShape, int Height, int Width>
[[nodiscard, gnu::always_inline]] inline bool is_inside(int top, int left) {
  constexpr int kBottom =
      (Height - 1) * kShape.stride_height + (kShape.kernel_height - 1) * kShape.dilation_height + 1;
  constexpr int kRight =
      (Width - 1) * kShape.stride_width + (kShape.kernel_width - 1) * kShape.dilation_width + 1;
  return top >= 0 && left >= 0 && top + kBottom <= kShape.input_height &&
         left + kRight <= kShape.input_width;
}

} // namespace tinyml::kernels::generic::training
