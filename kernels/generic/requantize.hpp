// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/requantize.hpp"

namespace tinyml::kernels::generic {

struct Requantize {
  std::int32_t count;
  Multiplier multiplier; ///< input scale / output scale
  std::int16_t input_zero_point;
  std::int16_t output_zero_point;
};

/// From one int8 quantisation to another. Elementwise, ascending.
template <typename Layer>
inline void requantize_elements(const Layer &layer, const std::int8_t *input, std::int8_t *output) {
  const Requantize &p = layer;
  for (std::int32_t i = 0; i < p.count; ++i) {
    output[i] =
        requantize(input[i] - p.input_zero_point, p.multiplier, p.output_zero_point, -128, 127);
  }
}

} // namespace tinyml::kernels::generic
