// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/add.hpp"

namespace tinyml::kernels::generic {

template <typename T> struct Sub;

/// An addition whose second operand is negated before it is scaled; the rounding is symmetric.
template <> struct Sub<std::int8_t> {
  Add<std::int8_t> as_add;

  std::int8_t operator()(std::int8_t a, std::int8_t b) const {
    return add_quantized(a - as_add.first_zero_point, as_add.second_zero_point - b,
                         as_add.multipliers, as_add.output_zero_point, as_add.low, as_add.high);
  }
};

template <> struct Sub<float> {
  float low;
  float high;

  float operator()(float a, float b) const { return clamp_float(a - b, low, high); }
};

} // namespace tinyml::kernels::generic
