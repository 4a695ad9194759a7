// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/requantize.hpp"

/// Squared differences and parametric relu of int8 and int16, bit for bit TensorFlow Lite Micro's.
/// One element at a time; the loops are those of every operator with two operands. Freestanding.
namespace tinyml::kernels {

struct QuantizedPair {
  std::int32_t a_zero, b_zero, out_zero;
};

/// Spare bits of a difference before it is squared: 2 * 7 bits above 255^2 still fit into 32.
template <typename T> inline constexpr std::int32_t kSquareShift = sizeof(T) == 1 ? 7 : 0;

/// As for an addition, but the output's factor is of squares.
[[nodiscard]] constexpr AddMultipliers square_multipliers(float first_scale, float second_scale,
                                                          float output_scale,
                                                          std::int32_t left_shift) {
  const auto first = static_cast<double>(first_scale);
  const auto second = static_cast<double>(second_scale);
  const double twice_larger = 2 * (first > second ? first : second);
  const float shifted = static_cast<float>(1 << (2 * left_shift)) * output_scale;
  return {quantize_multiplier(first / twice_larger), quantize_multiplier(second / twice_larger),
          quantize_multiplier(twice_larger * twice_larger / static_cast<double>(shifted))};
}

template <typename T>
[[nodiscard]] constexpr T squared_difference(const AddMultipliers &m, const QuantizedPair &q, T a,
                                             T b) {
  constexpr std::int32_t kOne = 1 << kSquareShift<T>;
  const std::int32_t difference = multiply_by_quantized_multiplier((a - q.a_zero) * kOne, m.first) -
                                  multiply_by_quantized_multiplier((b - q.b_zero) * kOne, m.second);
  const std::int32_t scaled = multiply_by_quantized_multiplier(difference * difference, m.output);
  return static_cast<T>(
      clamp(scaled + q.out_zero, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

struct PreluMultipliers {
  Multiplier above; ///< scale a / output scale
  Multiplier below; ///< scale a * scale b / output scale
};

[[nodiscard]] constexpr PreluMultipliers prelu_multipliers(float first_scale, float second_scale,
                                                           float output_scale) {
  return {quantize_multiplier(static_cast<double>(first_scale) / static_cast<double>(output_scale)),
          convolution_multiplier(first_scale, second_scale, output_scale)};
}

/// a, or a * b where a is negative.
template <typename T>
[[nodiscard]] constexpr T prelu(const PreluMultipliers &m, const QuantizedPair &q, T a, T b) {
  const std::int32_t x = a - q.a_zero;
  const std::int32_t scaled = x >= 0
                                  ? multiply_by_quantized_multiplier(x, m.above)
                                  : multiply_by_quantized_multiplier(x * (b - q.b_zero), m.below);
  return static_cast<T>(
      clamp(scaled + q.out_zero, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

} // namespace tinyml::kernels
