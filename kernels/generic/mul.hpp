// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/binary.hpp"
#include "kernels/reference/requantize.hpp"

namespace tinyml::kernels::generic {

template <typename T> struct Mul;

template <> struct Mul<std::int8_t> {
  Multiplier multiplier; ///< first scale * second scale / output scale
  std::int16_t first_zero_point;
  std::int16_t second_zero_point;
  std::int16_t output_zero_point;
  std::int8_t low;
  std::int8_t high;

  std::int8_t operator()(std::int8_t a, std::int8_t b) const {
    const std::int32_t product = (a - first_zero_point) * (b - second_zero_point);
    return requantize(product, multiplier, output_zero_point, low, high);
  }
};

template <> struct Mul<float> {
  float low;
  float high;

  float operator()(float a, float b) const { return clamp_float(a * b, low, high); }
};

} // namespace tinyml::kernels::generic
