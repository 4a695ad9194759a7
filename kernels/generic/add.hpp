// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/binary.hpp"
#include "kernels/reference/requantize.hpp"

namespace tinyml::kernels::generic {

template <typename T> struct Add;

template <> struct Add<std::int8_t> {
  AddMultipliers multipliers;
  std::int16_t first_zero_point;
  std::int16_t second_zero_point;
  std::int16_t output_zero_point;
  std::int8_t low;
  std::int8_t high;

  [[nodiscard]] std::int8_t finish(std::int32_t sum) const {
    return requantize(sum, multipliers.output, output_zero_point, low, high);
  }

  std::int8_t operator()(std::int8_t a, std::int8_t b) const {
    return finish(add_operand(a - first_zero_point, multipliers.first) +
                  add_operand(b - second_zero_point, multipliers.second));
  }
};

template <> struct Add<float> {
  float low;
  float high;

  float operator()(float a, float b) const { return clamp_float(a + b, low, high); }
};

} // namespace tinyml::kernels::generic
