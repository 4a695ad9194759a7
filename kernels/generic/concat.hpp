// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::kernels::generic {

/// One of the joined tensors: `rows` pieces of `row` elements, `output_step` apart in the output.
struct ConcatPart {
  std::int32_t rows;
  std::int32_t row;
  std::int32_t output_step;
};

/// `output` is where this part's first row begins.
template <typename T, typename Layer>
inline void concat_part(const Layer &layer, const T *input, T *output) {
  const ConcatPart &p = layer;
  for (std::int32_t row = 0; row < p.rows; ++row, output += p.output_step) {
    for (std::int32_t i = 0; i < p.row; ++i) {
      output[i] = *input++;
    }
  }
}

} // namespace tinyml::kernels::generic
