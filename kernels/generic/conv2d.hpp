// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/dense.hpp"
#include "kernels/generic/window.hpp"

namespace tinyml::kernels::generic {

/// Convolution with one group and without dilation. Filter packed as in dense.hpp from OHWI: inputs
/// in the order kernel row, kernel column, input channel.
template <typename T> struct Conv2d {
  Window window;
  const T *filter;
  Arithmetic<T> arithmetic;
};

/// One kernel row of the window is contiguous in NHWC: the inner loop runs over columns and
/// channels at once. `output` may overlap `input` as kernel_facts.hpp says.
template <typename T, typename Layer>
inline void conv2d(const Layer &layer, const T *input, T *output) {
  const Conv2d<T> &p = layer;
  const Window &w = p.window;
  const int channels = w.input_channels;
  const int tap_row = w.kernel_width * channels;
  for_each_position(w, [&](int corner, Taps rows, Taps columns) {
    const int row_elements = w.input_width * channels;
    const int skipped = columns.first * channels;
    const int first_tap = rows.first * tap_row + skipped;
    const Patch<T> patch = {input + corner + rows.first * row_elements + skipped,
                            p.filter + first_tap * isa::kOutputTile,
                            rows.count(),
                            columns.count() * channels,
                            row_elements,
                            tap_row * isa::kOutputTile,
                            w.kernel_height * tap_row * isa::kOutputTile};
    dense_position(p.arithmetic, patch, w.output_channels, output);
    output += w.output_channels;
  });
}

} // namespace tinyml::kernels::generic
