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

/// From one int8 or int16 quantisation to another. Elementwise, ascending.
template <typename From, typename To, typename Layer>
inline void requantize_elements(const Layer &layer, const From *input, To *output) {
  const Requantize &p = layer;
  for (std::int32_t i = 0; i < p.count; ++i) {
    const std::int32_t scaled =
        multiply_by_quantized_multiplier(input[i] - p.input_zero_point, p.multiplier);
    output[i] = static_cast<To>(clamp(scaled + p.output_zero_point, std::numeric_limits<To>::min(),
                                      std::numeric_limits<To>::max()));
  }
}

} // namespace tinyml::kernels::generic
