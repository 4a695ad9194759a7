// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/bundles.hpp"
#include "kernels/generic/training/taps.hpp"

namespace tinyml::kernels::generic::training {

/// Calls `window(first tap, rows, columns)` for every window, row by row: how many taps meet the
/// input, and the pixel of the first of them.
template <typename Layer, typename Window> inline void for_each_window(Layer, Window window) {
  static constexpr Pool kShape = Layer{};
  for (int oy = 0, top = -kShape.pad_top; oy < kShape.output_height;
       ++oy, top += kShape.stride_height) {
    const Range rows = taps_inside(top, 1, kShape.kernel_height, kShape.input_height);
    for (int ox = 0, left = -kShape.pad_left; ox < kShape.output_width;
         ++ox, left += kShape.stride_width) {
      const Range columns = taps_inside(left, 1, kShape.kernel_width, kShape.input_width);
      window((top + rows.first) * kShape.input_width + left + columns.first, rows.last - rows.first,
             columns.last - columns.first);
    }
  }
}

/// Calls `tap(pixel)` for the taps of a window, row by row.
template <typename Layer, typename Tap>
[[gnu::always_inline]] inline void for_each_tap(Layer, int first, int rows, int columns, Tap tap) {
  static constexpr Pool kShape = Layer{};
  for (int y = 0; y < rows; ++y, first += kShape.input_width) {
    for (int x = 0; x < columns; ++x) {
      tap(first + x);
    }
  }
}

template <typename Layer> [[nodiscard]] constexpr int pixel_size(Layer) {
  constexpr Pool kShape = Layer{};
  return kShape.channels * kShape.batch;
}

template <typename Layer> [[nodiscard]] constexpr int image_size(Layer layer) {
  constexpr Pool kShape = Layer{};
  return kShape.input_height * kShape.input_width * pixel_size(layer);
}

template <typename Layer> inline void max_pool2d(Layer layer, const float *x, float *y) {
  constexpr int kPixel = pixel_size(layer);
  for_each_window(layer, [&](int first, int rows, int columns) {
    for_each_bundle<kPixel>([&](auto width, int at) {
      Samples<width> largest = load_samples<width>(x + first * kPixel + at);
      for_each_tap(layer, first, rows, columns, [&](int pixel) {
        const auto value = load_samples<width>(x + pixel * kPixel + at);
        largest = largest < value ? value : largest;
      });
      store_samples<width>(y + at, largest);
    });
    y += kPixel;
  });
}

template <typename Layer> inline void average_pool2d(Layer layer, const float *x, float *y) {
  constexpr int kPixel = pixel_size(layer);
  for_each_window(layer, [&](int first, int rows, int columns) {
    for_each_bundle<kPixel>([&](auto width, int at) {
      Samples<width> sum{};
      for_each_tap(layer, first, rows, columns,
                   [&](int pixel) { sum += load_samples<width>(x + pixel * kPixel + at); });
      store_samples<width>(y + at, sum / static_cast<float>(rows * columns));
    });
    y += kPixel;
  });
}

/// The first of the largest elements of a window takes its gradient.
template <typename Layer>
inline void max_pool2d_gradient(Layer layer, const float *x, const float *y, const float *dy,
                                float *dx) {
  constexpr int kPixel = pixel_size(layer);
  fill_zero<image_size(layer)>(dx);
  for_each_window(layer, [&](int first, int rows, int columns) {
    for_each_bundle<kPixel>([&](auto width, int at) {
      const Samples<width> zero{};
      const auto largest = load_samples<width>(y + at);
      Samples<width> left = load_samples<width>(dy + at); // 0 once it is given away
      for_each_tap(layer, first, rows, columns, [&](int pixel) {
        const int here = pixel * kPixel + at;
        const auto takes = load_samples<width>(x + here) == largest;
        store_samples<width>(dx + here, load_samples<width>(dx + here) + (takes ? left : zero));
        left = takes ? zero : left;
      });
    });
    y += kPixel;
    dy += kPixel;
  });
}

template <typename Layer>
inline void average_pool2d_gradient(Layer layer, const float *dy, float *dx) {
  constexpr int kPixel = pixel_size(layer);
  fill_zero<image_size(layer)>(dx);
  for_each_window(layer, [&](int first, int rows, int columns) {
    for_each_bundle<kPixel>([&](auto width, int at) {
      const auto share = load_samples<width>(dy + at) / static_cast<float>(rows * columns);
      for_each_tap(layer, first, rows, columns, [&](int pixel) {
        const int here = pixel * kPixel + at;
        store_samples<width>(dx + here, load_samples<width>(dx + here) + share);
      });
    });
    dy += kPixel;
  });
}

} // namespace tinyml::kernels::generic::training
