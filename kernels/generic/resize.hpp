// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::kernels::generic {

/// Input [outer, rows, columns, inner].
struct ResizeShape {
  std::int32_t outer;
  std::int32_t input_rows;
  std::int32_t input_columns;
  std::int32_t output_rows;
  std::int32_t output_columns;
  std::int32_t inner;
};

/// Which input row (column) every output row (column) copies; -1: none, the element is `outside`.
template <typename T> struct ResizeNearest {
  ResizeShape shape;
  const std::int32_t *rows;
  const std::int32_t *columns;
  T outside;
};

template <typename T, typename Layer>
inline void resize_nearest(const Layer &layer, const T *input, T *output) {
  const ResizeNearest<T> &p = layer;
  const ResizeShape &s = p.shape;
  for (std::int32_t o = 0; o < s.outer; ++o, input += s.input_rows * s.input_columns * s.inner) {
    for (std::int32_t r = 0; r < s.output_rows; ++r) {
      for (std::int32_t c = 0; c < s.output_columns; ++c) {
        const bool inside = p.rows[r] >= 0 && p.columns[c] >= 0;
        const std::int32_t from =
            inside ? (p.rows[r] * s.input_columns + p.columns[c]) * s.inner : 0;
        for (std::int32_t i = 0; i < s.inner; ++i) {
          *output++ = inside ? input[from + i] : p.outside;
        }
      }
    }
  }
}

/// Every output row (column) is a weighted sum of `Taps` input rows (columns).
template <int Taps> struct ResizeWeighted {
  ResizeShape shape;
  const std::int32_t *rows;
  const float *row_weights;
  const std::int32_t *columns;
  const float *column_weights;
  float outside;
};

template <int Taps>
inline float weighted_element(const ResizeWeighted<Taps> &p, std::int32_t r, std::int32_t c,
                              const float *input) {
  float sum = 0;
  for (int i = 0; i < Taps; ++i) {
    float line = 0;
    for (int j = 0; j < Taps; ++j) {
      const std::int32_t at = p.rows[r + i] * p.shape.input_columns + p.columns[c + j];
      line += p.column_weights[c + j] * input[at * p.shape.inner];
    }
    sum += p.row_weights[r + i] * line;
  }
  return sum;
}

template <int Taps>
inline void resize_weighted(const ResizeWeighted<Taps> &p, const float *input, float *output) {
  const ResizeShape &s = p.shape;
  for (std::int32_t o = 0; o < s.outer; ++o, input += s.input_rows * s.input_columns * s.inner) {
    for (std::int32_t r = 0; r < s.output_rows * Taps; r += Taps) {
      for (std::int32_t c = 0; c < s.output_columns * Taps; c += Taps) {
        const bool inside = p.rows[r] >= 0 && p.columns[c] >= 0;
        for (std::int32_t i = 0; i < s.inner; ++i) {
          *output++ = inside ? weighted_element(p, r, c, input + i) : p.outside;
        }
      }
    }
  }
}

} // namespace tinyml::kernels::generic
