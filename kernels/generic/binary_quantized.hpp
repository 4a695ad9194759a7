// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/binary.hpp"
#include "kernels/reference/binary_quantized.hpp"

namespace tinyml::kernels::generic {

/// Operations of binary.hpp on int8 or int16.
template <typename T> struct SquaredDifference {
  AddMultipliers multipliers;
  QuantizedPair zero_points;

  T operator()(T a, T b) const { return squared_difference(multipliers, zero_points, a, b); }
};

template <typename T> struct Prelu {
  PreluMultipliers multipliers;
  QuantizedPair zero_points;

  T operator()(T a, T b) const { return prelu(multipliers, zero_points, a, b); }
};

} // namespace tinyml::kernels::generic
