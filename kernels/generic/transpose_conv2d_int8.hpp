// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/transpose_conv2d.hpp"
#include "kernels/reference/requantize.hpp"

namespace tinyml::kernels::generic {

/// int8 form of transpose_conv2d.hpp: the same geometry, filter OHWI.
struct TransposeConv2dInt8 {
  std::int32_t batches;
  std::int32_t input_height, input_width, input_channels;
  std::int32_t output_height, output_width, output_channels;
  std::int32_t kernel_height, kernel_width;
  std::int32_t stride_height, stride_width;
  std::int32_t dilation_height, dilation_width;
  std::int32_t pad_top, pad_left;
  std::int32_t groups;
  const std::int8_t *filter;
  const std::int32_t *bias; ///< one an output channel, or null
  const std::int32_t *multipliers;
  const std::int8_t *shifts;
  std::int16_t input_zero_point;
  std::int16_t output_zero_point;
  std::int8_t low;
  std::int8_t high;
  std::uint8_t table_step; ///< 1: tables hold an entry a channel, 0: one for all
};

/// Everything that reaches one output element.
inline std::int32_t transpose_conv2d_sum(const TransposeConv2dInt8 &p, std::int32_t oy,
                                         std::int32_t ox, std::int32_t oc,
                                         const std::int8_t *input) {
  const std::int32_t depth = p.input_channels / p.groups;
  const std::int32_t first = oc / (p.output_channels / p.groups) * depth;
  const std::int8_t *filter = p.filter + oc * p.kernel_height * p.kernel_width * depth;
  std::int32_t sum = p.bias != nullptr ? p.bias[oc] : 0;
  for (std::int32_t ky = 0; ky < p.kernel_height; ++ky) {
    const std::int32_t y =
        source_of(oy + p.pad_top - ky * p.dilation_height, p.stride_height, p.input_height);
    for (std::int32_t kx = 0; kx < p.kernel_width; ++kx, filter += depth) {
      const std::int32_t x =
          source_of(ox + p.pad_left - kx * p.dilation_width, p.stride_width, p.input_width);
      if (y < 0 || x < 0) {
        continue;
      }
      const std::int8_t *data = input + (y * p.input_width + x) * p.input_channels + first;
      for (std::int32_t c = 0; c < depth; ++c) {
        sum += (data[c] - p.input_zero_point) * filter[c];
      }
    }
  }
  return sum;
}

template <typename Layer>
inline void transpose_conv2d_int8(const Layer &layer, const std::int8_t *input,
                                  std::int8_t *output) {
  const TransposeConv2dInt8 &p = layer;
  for (std::int32_t n = 0; n < p.batches; ++n) {
    for (std::int32_t y = 0; y < p.output_height; ++y) {
      for (std::int32_t x = 0; x < p.output_width; ++x) {
        for (std::int32_t c = 0; c < p.output_channels; ++c) {
          const std::int32_t entry = c * p.table_step;
          *output++ = requantize(transpose_conv2d_sum(p, y, x, c, input),
                                 {p.multipliers[entry], p.shifts[entry]}, p.output_zero_point,
                                 p.low, p.high);
        }
      }
    }
    input += p.input_height * p.input_width * p.input_channels;
  }
}

} // namespace tinyml::kernels::generic
