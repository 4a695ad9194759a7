// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/int16_rescale.hpp"
#include "kernels/generic/window.hpp"

namespace tinyml::kernels::generic {

/// Any convolution of int16 data with int8 weights; depthwise ones have as many groups as input
/// channels. The filter is OHWI.
template <typename Sum> struct Conv2dInt16 {
  Window window; ///< kernel_height and kernel_width are spans: (taps - 1) * dilation + 1
  std::uint16_t dilation_height;
  std::uint16_t dilation_width;
  std::uint16_t groups;
  const std::int8_t *filter;
  Int16Rescale<Sum> rescale;
};

/// The taps of one filter that meet the input; `x` is the window's corner.
template <typename Sum>
[[nodiscard]] inline Sum sum_of_taps(const Conv2dInt16<Sum> &p, const std::int16_t *x,
                                     const std::int8_t *weights, Taps rows, Taps columns) {
  const Window &w = p.window;
  const int depth = w.input_channels / p.groups;
  Sum sum = 0;
  for (int row = 0; row < w.kernel_height; row += p.dilation_height) {
    const bool row_inside = row >= rows.first && row < rows.last;
    for (int column = 0; column < w.kernel_width; column += p.dilation_width) {
      if (row_inside && column >= columns.first && column < columns.last) {
        sum = multiply_add(sum, x + (row * w.input_width + column) * w.input_channels, weights,
                           depth);
      }
      weights += depth;
    }
  }
  return sum;
}

/// Position by position, channel by channel: with one input channel a group, an output is written
/// after all inputs of its channel were read. `output` may overlap `input` as kernel_facts.hpp
/// says.
template <typename Sum, typename Layer>
inline void conv2d_int16(const Layer &layer, const std::int16_t *input, std::int16_t *output) {
  const Conv2dInt16<Sum> &p = layer;
  const Window &w = p.window;
  const int depth = w.input_channels / p.groups;
  const int group_outputs = w.output_channels / p.groups;
  const int taps = ((w.kernel_height - 1) / p.dilation_height + 1) *
                   ((w.kernel_width - 1) / p.dilation_width + 1);
  for_each_position(w, [&](int corner, Taps rows, Taps columns) {
    const std::int8_t *weights = p.filter;
    const std::int16_t *x = input + corner;
    for (int channel = 0, in_group = 0; channel < w.output_channels; ++channel) {
      *output++ = finish(p.rescale, sum_of_taps(p, x, weights, rows, columns), channel);
      weights += taps * depth;
      if (++in_group == group_outputs) {
        in_group = 0;
        x += depth;
      }
    }
  });
}

} // namespace tinyml::kernels::generic
