// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/binary.hpp"
#include "kernels/reference/div_int8.hpp"

namespace tinyml::kernels::generic {

template <typename T> struct Div;

template <> struct Div<float> {
  float operator()(float a, float b) const { return a / b; }
};

template <> struct Div<std::int8_t> {
  Multiplier multiplier; ///< first scale / (second scale * output scale)
  std::int16_t first_zero_point;
  std::int16_t second_zero_point;
  std::int16_t output_zero_point;
  std::int8_t low;
  std::int8_t high;

  std::int8_t operator()(std::int8_t a, std::int8_t b) const {
    const std::int32_t result = quotient(a - first_zero_point, b - second_zero_point, multiplier);
    return static_cast<std::int8_t>(clamp(result + output_zero_point, low, high));
  }
};

} // namespace tinyml::kernels::generic
