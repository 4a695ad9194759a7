// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/conv2d.hpp"

/// Maximum and average over windows. Padding takes no part: neither in the maximum nor in the
/// divisor.
namespace tinyml::kernels::reference {

/// Calls `take(value)` for every real element in the window of one output element.
template <typename T, typename Take>
void for_window(const Pool2dShape &s, std::int32_t n, std::int32_t oy, std::int32_t ox,
                std::int32_t c, const T *x, const Take &take) {
  const WindowShape &w = s.window;
  const std::int32_t y0 = oy * w.stride_h - w.pad_top;
  const std::int32_t x0 = ox * w.stride_w - w.pad_left;
  const KernelRange rows = kernel_range(y0, 1, w.kernel_h, s.in.height);
  const KernelRange columns = kernel_range(x0, 1, w.kernel_w, s.in.width);
  for (std::int32_t ky = rows.begin; ky < rows.end; ++ky) {
    for (std::int32_t kx = columns.begin; kx < columns.end; ++kx) {
      take(x[s.in.offset(n, y0 + ky, x0 + kx, c)]);
    }
  }
}

template <typename T> void max_pool2d(const Pool2dShape &s, const T *x, T *out) {
  for_each_element(s.out, [&](std::int32_t n, std::int32_t oy, std::int32_t ox, std::int32_t c) {
    T largest = std::numeric_limits<T>::lowest();
    for_window(s, n, oy, ox, c, x, [&](T value) { largest = std::max(largest, value); });
    *out++ = largest;
  });
}

inline void average_pool2d(const Pool2dShape &s, const float *x, float *out) {
  for_each_element(s.out, [&](std::int32_t n, std::int32_t oy, std::int32_t ox, std::int32_t c) {
    float sum = 0;
    std::int32_t count = 0;
    for_window(s, n, oy, ox, c, x, [&](float value) {
      sum += value;
      ++count;
    });
    *out++ = sum / static_cast<float>(count);
  });
}

/// int8 and int16.
template <typename T> void average_pool2d(const Pool2dShape &s, const T *x, T *out) {
  for_each_element(s.out, [&](std::int32_t n, std::int32_t oy, std::int32_t ox, std::int32_t c) {
    std::int32_t sum = 0;
    std::int32_t count = 0;
    for_window(s, n, oy, ox, c, x, [&](T value) {
      sum += value;
      ++count;
    });
    *out++ = static_cast<T>(rounded_average(sum, count));
  });
}

} // namespace tinyml::kernels::reference
