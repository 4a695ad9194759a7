// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/conv2d.hpp"

/// Transposed 2-D convolution: every input pixel adds its filter, times the pixel, to the output at
/// `stride` times its position. Written from the output's side: which inputs reach this element.
/// Filter OHWI: [outputs, kernel_h, kernel_w, inputs / groups]; pads cut the output.
namespace tinyml::kernels::reference {

/// Input position whose filter tap `k` lands on output position `out`, or -1.
[[nodiscard]] inline std::int32_t source_of(std::int32_t out, std::int32_t pad, std::int32_t k,
                                            std::int32_t dilation, std::int32_t stride,
                                            std::int32_t size) {
  const std::int32_t scaled = out + pad - k * dilation;
  return scaled < 0 || scaled % stride != 0 || scaled / stride >= size ? -1 : scaled / stride;
}

/// Sum of (x - x_zero) * filter over everything that reaches one output element.
template <typename Accumulator, typename T>
[[nodiscard]] Accumulator transpose_conv2d_sum(const Conv2dShape &s, std::int32_t n,
                                               std::int32_t oy, std::int32_t ox, std::int32_t oc,
                                               const T *x, const T *filter, Accumulator x_zero) {
  const WindowShape &w = s.window;
  const std::int32_t depth = s.in.channels / s.groups;
  const std::int32_t first = oc / (s.out.channels / s.groups) * depth;
  const Image filters{s.out.channels, w.kernel_h, w.kernel_w, depth};
  Accumulator sum = 0;
  for (std::int32_t ky = 0; ky < w.kernel_h; ++ky) {
    const std::int32_t y = source_of(oy, w.pad_top, ky, w.dilation_h, w.stride_h, s.in.height);
    for (std::int32_t kx = 0; kx < w.kernel_w && y >= 0; ++kx) {
      const std::int32_t c = source_of(ox, w.pad_left, kx, w.dilation_w, w.stride_w, s.in.width);
      if (c < 0) {
        continue;
      }
      const T *data = x + s.in.offset(n, y, c, first);
      const T *weights = filter + filters.offset(oc, ky, kx, 0);
      for (std::int32_t ic = 0; ic < depth; ++ic) {
        sum +=
            (static_cast<Accumulator>(data[ic]) - x_zero) * static_cast<Accumulator>(weights[ic]);
      }
    }
  }
  return sum;
}

/// `bias` may be null.
inline void transpose_conv2d(const Conv2dShape &s, const float *x, const float *filter,
                             const float *bias, FloatClamp clamp, float *out) {
  for_each_element(s.out, [&](std::int32_t n, std::int32_t oy, std::int32_t ox, std::int32_t oc) {
    const auto sum = transpose_conv2d_sum<float>(s, n, oy, ox, oc, x, filter, 0.0F);
    *out++ = clamp(bias != nullptr ? sum + bias[oc] : sum);
  });
}

inline void transpose_conv2d(const Conv2dShape &s, const std::int8_t *x, std::int32_t x_zero,
                             const std::int8_t *filter, const std::int32_t *bias,
                             const Int8Output &output, std::int8_t *out) {
  for_each_element(s.out, [&](std::int32_t n, std::int32_t oy, std::int32_t ox, std::int32_t oc) {
    const auto sum = transpose_conv2d_sum<std::int32_t>(s, n, oy, ox, oc, x, filter, x_zero);
    *out++ = output(bias != nullptr ? sum + bias[oc] : sum, oc);
  });
}

} // namespace tinyml::kernels::reference
