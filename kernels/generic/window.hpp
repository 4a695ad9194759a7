// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::kernels::generic {

/// Geometry of a convolution or pool over one NHWC image. Small fields: it lies in ROM, one a
/// layer.
struct Window {
  std::uint16_t input_height;
  std::uint16_t input_width;
  std::uint16_t input_channels;
  std::uint16_t output_height;
  std::uint16_t output_width;
  std::uint16_t output_channels;
  std::uint16_t kernel_height;
  std::uint16_t kernel_width;
  std::uint16_t stride_height;
  std::uint16_t stride_width;
  std::uint16_t pad_top;
  std::uint16_t pad_left;
  std::uint16_t batches;
};

/// The filter taps [first, last) along one axis that meet the input when tap 0 is at `start`.
struct Taps {
  int first;
  int last;

  [[nodiscard]] int count() const { return last > first ? last - first : 0; }
};

[[nodiscard]] inline Taps taps_inside(int start, int kernel, int size) {
  return {start < 0 ? -start : 0, kernel < size - start ? kernel : size - start};
}

/// Calls `at(corner, rows, columns)` for every output position in row-major order: `corner` is the
/// element index, within the whole batch, of the window's first input element (it may lie before
/// the image; add the taps), `rows` and `columns` say which taps meet the input.
///
/// The memory plan relies on this order: when position p is written, no position before p is read
/// again (compiler/plan/kernel_facts.hpp).
template <typename Visit> inline void for_each_position(const Window &w, Visit at) {
  const int row_elements = w.input_width * w.input_channels;
  int image = 0;
  for (int batch = 0; batch < w.batches; ++batch, image += w.input_height * row_elements) {
    for (int y = 0, top = -w.pad_top; y < w.output_height; ++y, top += w.stride_height) {
      const Taps rows = taps_inside(top, w.kernel_height, w.input_height);
      for (int x = 0, left = -w.pad_left; x < w.output_width; ++x, left += w.stride_width) {
        at(image + top * row_elements + left * w.input_channels, rows,
           taps_inside(left, w.kernel_width, w.input_width));
      }
    }
  }
}

} // namespace tinyml::kernels::generic
