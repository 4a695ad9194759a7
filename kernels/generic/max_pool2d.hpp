// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/window.hpp"
#include "kernels/isa/isa.hpp"

#include TINYML_ISA_HEADER(lanes.hpp)

namespace tinyml::kernels::generic {

struct MaxPool2d {
  Window window;
};

/// Channels from `channel` on, as many whole bundles as there are; returns the first one left.
template <typename L, typename T>
inline int max_of_channels(const Window &w, const T *corner, int rows, int columns, int channel,
                           T *output) {
  const int pixel = w.input_channels;
  for (; channel + L::kCount <= pixel; channel += L::kCount) {
    L largest = L::load(corner + channel);
    const T *row = corner + channel;
    for (int y = 0; y < rows; ++y, row += w.input_width * pixel) {
      const T *tap = row;
      for (int x = 0; x < columns; ++x, tap += pixel) {
        largest = max(largest, L::load(tap));
      }
    }
    largest.store(output + channel);
  }
  return channel;
}

/// Padding never wins: only taps inside the image count, and a window holds at least one.
/// `output` may overlap `input` as kernel_facts.hpp says.
template <typename T, typename Layer>
inline void max_pool2d(const Layer &layer, const T *input, T *output) {
  const MaxPool2d &p = layer;
  const Window &w = p.window;
  for_each_position(w, [&](int corner, Taps rows, Taps columns) {
    const T *inside =
        input + corner + (rows.first * w.input_width + columns.first) * w.input_channels;
    const int whole =
        max_of_channels<isa::Lanes<T>>(w, inside, rows.count(), columns.count(), 0, output);
    if constexpr (isa::Lanes<T>::kCount > 1) {
      max_of_channels<typename isa::Lanes<T>::Single>(w, inside, rows.count(), columns.count(),
                                                      whole, output);
    }
    output += w.input_channels;
  });
}

} // namespace tinyml::kernels::generic
