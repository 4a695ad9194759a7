// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/shapes.hpp"

/// 2-D convolution, also grouped. Padding contributes nothing: it stands for the real number zero.
namespace tinyml::kernels::reference {

/// Sum of (x - x_zero) * filter over the window of one output element.
template <typename Accumulator, typename T, typename W>
[[nodiscard]] Accumulator conv2d_sum(const Conv2dShape &s, std::int32_t n, std::int32_t oy,
                                     std::int32_t ox, std::int32_t oc, const T *x, const W *filter,
                                     Accumulator x_zero) {
  const WindowShape &w = s.window;
  const std::int32_t depth = s.in.channels / s.groups;
  const std::int32_t first = oc / (s.out.channels / s.groups) * depth;
  const std::int32_t y0 = oy * w.stride_h - w.pad_top;
  const std::int32_t x0 = ox * w.stride_w - w.pad_left;
  const KernelRange rows = kernel_range(y0, w.dilation_h, w.kernel_h, s.in.height);
  const KernelRange columns = kernel_range(x0, w.dilation_w, w.kernel_w, s.in.width);
  const Image filters{s.out.channels, w.kernel_h, w.kernel_w, depth};
  Accumulator sum = 0;
  for (std::int32_t ky = rows.begin; ky < rows.end; ++ky) {
    for (std::int32_t kx = columns.begin; kx < columns.end; ++kx) {
      const T *data = x + s.in.offset(n, y0 + ky * w.dilation_h, x0 + kx * w.dilation_w, first);
      const W *weights = filter + filters.offset(oc, ky, kx, 0);
      for (std::int32_t ic = 0; ic < depth; ++ic) {
        sum +=
            (static_cast<Accumulator>(data[ic]) - x_zero) * static_cast<Accumulator>(weights[ic]);
      }
    }
  }
  return sum;
}

template <typename Image, typename Function>
void for_each_element(const Image &out, const Function &function) {
  for (std::int32_t n = 0; n < out.batches; ++n) {
    for (std::int32_t y = 0; y < out.height; ++y) {
      for (std::int32_t x = 0; x < out.width; ++x) {
        for (std::int32_t c = 0; c < out.channels; ++c) {
          function(n, y, x, c);
        }
      }
    }
  }
}

/// `bias` may be null.
inline void conv2d(const Conv2dShape &s, const float *x, const float *filter, const float *bias,
                   FloatClamp clamp, float *out) {
  for_each_element(s.out, [&](std::int32_t n, std::int32_t oy, std::int32_t ox, std::int32_t oc) {
    const auto sum = conv2d_sum<float>(s, n, oy, ox, oc, x, filter, 0.0F);
    *out++ = clamp(bias != nullptr ? sum + bias[oc] : sum);
  });
}

inline void conv2d(const Conv2dShape &s, const std::int8_t *x, std::int32_t x_zero,
                   const std::int8_t *filter, const std::int32_t *bias, const Int8Output &output,
                   std::int8_t *out) {
  for_each_element(s.out, [&](std::int32_t n, std::int32_t oy, std::int32_t ox, std::int32_t oc) {
    const auto sum = conv2d_sum<std::int32_t>(s, n, oy, ox, oc, x, filter, x_zero);
    *out++ = output(bias != nullptr ? sum + bias[oc] : sum, oc);
  });
}

} // namespace tinyml::kernels::reference
