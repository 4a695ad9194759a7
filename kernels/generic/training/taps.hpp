// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tinyml::kernels::generic::training {

/// The numbers [first, last).
struct Range {
  int first, last;
};

[[nodiscard]] constexpr int divided_up(int value, int by) {
  return value <= 0 ? 0 : (value + by - 1) / by;
}
[[nodiscard]] constexpr int smaller(int a, int b) { return a < b ? a : b; }

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

} // namespace tinyml::kernels::generic::training
