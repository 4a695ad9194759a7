// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/add.hpp"

namespace tinyml::kernels::generic {

template <typename T> struct Sub;

/// An addition whose second operand is subtracted once both are on the common scale.
template <> struct Sub<std::int8_t> {
  Add<std::int8_t> as_add;

  std::int8_t operator()(std::int8_t a, std::int8_t b) const {
    return as_add.finish(add_operand(a - as_add.first_zero_point, as_add.multipliers.first) -
                         add_operand(b - as_add.second_zero_point, as_add.multipliers.second));
  }
};

template <> struct Sub<float> {
  float low;
  float high;

  float operator()(float a, float b) const { return clamp_float(a - b, low, high); }
};

} // namespace tinyml::kernels::generic
