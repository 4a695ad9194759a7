// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/conv2d.hpp"

/// Depthwise 2-D convolution: output channel c * multiplier + m reads input channel c. Filter 1HWO.
/// `groups` of the shape is not looked at.
namespace tinyml::kernels::reference {

template <typename Accumulator, typename T, typename W>
[[nodiscard]] Accumulator depthwise_sum(const Conv2dShape &s, std::int32_t n, std::int32_t oy,
                                        std::int32_t ox, std::int32_t oc, const T *x,
                                        const W *filter, Accumulator x_zero) {
  const WindowShape &w = s.window;
  const std::int32_t ic = oc / (s.out.channels / s.in.channels);
  const std::int32_t y0 = oy * w.stride_h - w.pad_top;
  const std::int32_t x0 = ox * w.stride_w - w.pad_left;
  const KernelRange rows = kernel_range(y0, w.dilation_h, w.kernel_h, s.in.height);
  const KernelRange columns = kernel_range(x0, w.dilation_w, w.kernel_w, s.in.width);
  const Image filters{1, w.kernel_h, w.kernel_w, s.out.channels};
  Accumulator sum = 0;
  for (std::int32_t ky = rows.begin; ky < rows.end; ++ky) {
    for (std::int32_t kx = columns.begin; kx < columns.end; ++kx) {
      const T data = x[s.in.offset(n, y0 + ky * w.dilation_h, x0 + kx * w.dilation_w, ic)];
      const W weight = filter[filters.offset(0, ky, kx, oc)];
      sum += (static_cast<Accumulator>(data) - x_zero) * static_cast<Accumulator>(weight);
    }
  }
  return sum;
}

/// `bias` may be null.
inline void depthwise_conv2d(const Conv2dShape &s, const float *x, const float *filter,
                             const float *bias, FloatClamp clamp, float *out) {
  for_each_element(s.out, [&](std::int32_t n, std::int32_t oy, std::int32_t ox, std::int32_t oc) {
    const auto sum = depthwise_sum<float>(s, n, oy, ox, oc, x, filter, 0.0F);
    *out++ = clamp(bias != nullptr ? sum + bias[oc] : sum);
  });
}

inline void depthwise_conv2d(const Conv2dShape &s, const std::int8_t *x, std::int32_t x_zero,
                             const std::int8_t *filter, const std::int32_t *bias,
                             const Int8Output &output, std::int8_t *out) {
  for_each_element(s.out, [&](std::int32_t n, std::int32_t oy, std::int32_t ox, std::int32_t oc) {
    const auto sum = depthwise_sum<std::int32_t>(s, n, oy, ox, oc, x, filter, x_zero);
    *out++ = output(bias != nullptr ? sum + bias[oc] : sum, oc);
  });
}

} // namespace tinyml::kernels::reference
