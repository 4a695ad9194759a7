// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/window.hpp"
#include "kernels/reference/requantize.hpp"

namespace tinyml::kernels::generic {

struct AveragePool2d {
  Window window;
};

[[nodiscard]] inline std::int32_t average(std::int32_t sum, int count) {
  return rounded_average(sum, count);
}
[[nodiscard]] inline float average(float sum, int count) { return sum / static_cast<float>(count); }

/// Sums int8 and int16 in 32 bits and float in float.
template <typename T> struct SumOf;
template <> struct SumOf<std::int8_t> { using Type = std::int32_t; };
template <> struct SumOf<std::int16_t> { using Type = std::int32_t; };
template <> struct SumOf<float> { using Type = float; };

/// Padding never counts into the divisor. `output` may overlap `input` as kernel_facts.hpp says.
template <typename T, typename Layer>
inline void average_pool2d(const Layer &layer, const T *input, T *output) {
  const AveragePool2d &p = layer;
  const Window &w = p.window;
  const int pixel = w.input_channels;
  for_each_position(w, [&](int corner, Taps rows, Taps columns) {
    const T *inside = input + corner + (rows.first * w.input_width + columns.first) * pixel;
    for (int channel = 0; channel < pixel; ++channel, ++inside) {
      typename SumOf<T>::Type sum = 0;
      const T *row = inside;
      for (int y = 0; y < rows.count(); ++y, row += w.input_width * pixel) {
        const T *tap = row;
        for (int x = 0; x < columns.count(); ++x, tap += pixel) {
          sum += *tap;
        }
      }
      *output++ = static_cast<T>(average(sum, rows.count() * columns.count()));
    }
  });
}

} // namespace tinyml::kernels::generic
