// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::kernels::generic {

/// Bilinear resizing of int8 codes, input [outer, rows, columns, inner]. The places of an output
/// row (column) are three numbers: the two input rows and how far it is between them, in 1/1024.
struct ResizeBilinearInt8 {
  std::int32_t outer;
  std::int32_t input_rows;
  std::int32_t input_columns;
  std::int32_t output_rows;
  std::int32_t output_columns;
  std::int32_t inner;
  const std::int32_t *rows;
  const std::int32_t *columns;
};

/// Halves away from zero; 27 bits and a sign come in.
[[nodiscard]] inline std::int8_t without_twenty_bits(std::int32_t x) {
  constexpr std::int32_t kHalf = 1 << 19;
  return static_cast<std::int8_t>(x > 0 ? (x + kHalf) >> 20 : -((kHalf - x) >> 20));
}

/// One output pixel; `inner` elements.
inline std::int8_t *bilinear_pixel(const ResizeBilinearInt8 &p, const std::int8_t *input,
                                   const std::int32_t *row, const std::int32_t *column,
                                   std::int8_t *output) {
  const auto pixel = [&](std::int32_t r, std::int32_t c) {
    return input + (r * p.input_columns + c) * p.inner;
  };
  const std::int8_t *corners[4] = {pixel(row[0], column[0]), pixel(row[1], column[0]),
                                   pixel(row[0], column[1]), pixel(row[1], column[1])};
  const std::int32_t weights[4] = {(1024 - row[2]) * (1024 - column[2]),
                                   row[2] * (1024 - column[2]), (1024 - row[2]) * column[2],
                                   row[2] * column[2]};
  for (std::int32_t i = 0; i < p.inner; ++i) {
    std::int32_t sum = 0;
    for (int corner = 0; corner < 4; ++corner) {
      sum += corners[corner][i] * weights[corner];
    }
    *output++ = without_twenty_bits(sum);
  }
  return output;
}

template <typename Layer>
inline void resize_bilinear_int8(const Layer &layer, const std::int8_t *input,
                                 std::int8_t *output) {
  const ResizeBilinearInt8 &p = layer;
  for (std::int32_t o = 0; o < p.outer; ++o) {
    for (std::int32_t r = 0; r < p.output_rows; ++r) {
      for (std::int32_t c = 0; c < p.output_columns; ++c) {
        output = bilinear_pixel(p, input, p.rows + 3 * r, p.columns + 3 * c, output);
      }
    }
    input += p.input_rows * p.input_columns * p.inner;
  }
}

} // namespace tinyml::kernels::generic
