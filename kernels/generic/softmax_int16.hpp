// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/softmax16.hpp"

namespace tinyml::kernels::generic {

/// Softmax over rows of neighbouring int16 elements; the output has scale 2^-15.
struct SoftmaxInt16 {
  std::int32_t rows;
  std::int32_t columns;
  Softmax16 row;
};

/// `output` may be `input`: each row is read before it is written.
template <typename Layer>
inline void softmax_int16(const Layer &layer, const std::int16_t *input, std::int16_t *output) {
  const SoftmaxInt16 &p = layer;
  for (std::int32_t row = 0; row < p.rows; ++row) {
    softmax16_row(p.row, p.columns, input, output);
    input += p.columns;
    output += p.columns;
  }
}

} // namespace tinyml::kernels::generic
