// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/clamp_float.hpp"

#include <cstdint>

namespace tinyml::kernels::generic {

/// Filter OHWI as it stands in docs/ir.md, not packed: [outputs, kernel_height, kernel_width,
/// inputs / groups]. Pads cut the output.
struct TransposeConv2d {
  std::int32_t batches;
  std::int32_t input_height, input_width, input_channels;
  std::int32_t output_height, output_width, output_channels;
  std::int32_t kernel_height, kernel_width;
  std::int32_t stride_height, stride_width;
  std::int32_t dilation_height, dilation_width;
  std::int32_t pad_top, pad_left;
  std::int32_t groups;
  const float *filter;
  const float *bias;
  float low, high;
};

/// Input position whose filter tap `k` lands on `out`, or -1.
inline std::int32_t source_of(std::int32_t shifted, std::int32_t stride, std::int32_t size) {
  return shifted < 0 || shifted % stride != 0 || shifted / stride >= size ? -1 : shifted / stride;
}

/// Everything that reaches one output element.
inline float transpose_conv2d_sum(const TransposeConv2d &p, std::int32_t oy, std::int32_t ox,
                                  std::int32_t oc, const float *input) {
  const std::int32_t depth = p.input_channels / p.groups;
  const std::int32_t first = oc / (p.output_channels / p.groups) * depth;
  const float *filter = p.filter + oc * p.kernel_height * p.kernel_width * depth;
  float sum = 0;
  for (std::int32_t ky = 0; ky < p.kernel_height; ++ky) {
    const std::int32_t y =
        source_of(oy + p.pad_top - ky * p.dilation_height, p.stride_height, p.input_height);
    for (std::int32_t kx = 0; kx < p.kernel_width; ++kx, filter += depth) {
      const std::int32_t x =
          source_of(ox + p.pad_left - kx * p.dilation_width, p.stride_width, p.input_width);
      if (y < 0 || x < 0) {
        continue;
      }
      const float *data = input + (y * p.input_width + x) * p.input_channels + first;
      for (std::int32_t c = 0; c < depth; ++c) {
        sum += data[c] * filter[c];
      }
    }
  }
  return sum;
}

template <typename Layer>
inline void transpose_conv2d(const Layer &layer, const float *input, float *output) {
  const TransposeConv2d &p = layer;
  for (std::int32_t n = 0; n < p.batches; ++n) {
    for (std::int32_t y = 0; y < p.output_height; ++y) {
      for (std::int32_t x = 0; x < p.output_width; ++x) {
        for (std::int32_t c = 0; c < p.output_channels; ++c) {
          *output++ =
              clamp_float(transpose_conv2d_sum(p, y, x, c, input) + p.bias[c], p.low, p.high);
        }
      }
    }
    input += p.input_height * p.input_width * p.input_channels;
  }
}

} // namespace tinyml::kernels::generic
