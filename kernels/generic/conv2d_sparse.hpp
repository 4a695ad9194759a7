// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/dense.hpp"
#include "kernels/generic/window.hpp"

namespace tinyml::kernels::generic {

/// Convolution with groups, dilation or both: the filter's taps do not lie side by side in the
/// input. Also a depthwise convolution with a channel multiplier or dilation: groups = channels.
/// Filter packed group by group, each as in dense.hpp.
template <typename T> struct Conv2dSparse {
  Window window; ///< kernel_height and kernel_width are spans: (taps - 1) * dilation + 1
  std::uint16_t dilation_height;
  std::uint16_t dilation_width;
  std::uint16_t groups;
  const T *filter;
  Arithmetic<T> arithmetic;
};

/// Adds the window's taps for one tile; `weights` is left behind the last tap.
template <typename T>
inline void add_sparse_taps(const Conv2dSparse<T> &p, TileSums<T> &sums, const T *x,
                            const T *&weights, Taps rows, Taps columns) {
  const Window &w = p.window;
  const int channels = w.input_channels / p.groups;
  for (int row = 0; row < w.kernel_height; row += p.dilation_height) {
    for (int column = 0; column < w.kernel_width; column += p.dilation_width) {
      if (row >= rows.first && row < rows.last && column >= columns.first &&
          column < columns.last) {
        isa::multiply_add_tile(sums.lanes, x + (row * w.input_width + column) * w.input_channels,
                               weights, channels, p.arithmetic.offset());
      }
      weights += channels * isa::kOutputTile;
    }
  }
}

/// `output` may overlap `input` as kernel_facts.hpp says.
template <typename T, typename Layer>
inline void conv2d_sparse(const Layer &layer, const T *input, T *output) {
  const Conv2dSparse<T> &p = layer;
  const int group_inputs = p.window.input_channels / p.groups;
  const int group_outputs = p.window.output_channels / p.groups;
  for_each_position(p.window, [&](int corner, Taps rows, Taps columns) {
    const T *weights = p.filter;
    int first = 0; // output channel of the group
    for (int group = 0; group < p.groups; ++group) {
      for (int channel = 0; channel < group_outputs; channel += isa::kOutputTile) {
        TileSums<T> sums;
        add_sparse_taps(p, sums, input + corner + group * group_inputs, weights, rows, columns);
        sums.store(p.arithmetic, first + channel, group_outputs - channel, output + channel);
      }
      first += group_outputs;
      output += group_outputs;
    }
  });
}

} // namespace tinyml::kernels::generic
