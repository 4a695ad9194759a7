// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/fixed_point.hpp"

#include <array>
#include <cmath>

/// int8 operators on one element as tables: entry i is the output code of input code i - 128. Where
/// TensorFlow Lite Micro computes in fixed point, the table holds what its arithmetic gives; where
/// it fills a table through float, so do we. For the host: devices only look up.
namespace tinyml::kernels::reference {

using Int8Table = std::array<std::int8_t, 256>;

struct UnaryScales {
  float in_scale;
  std::int32_t in_zero;
  float out_scale;
  std::int32_t out_zero;
};

template <typename Function> [[nodiscard]] Int8Table table_of_codes(const Function &function) {
  Int8Table table{};
  for (std::int32_t code = -128; code <= 127; ++code) {
    const std::int32_t entry = code + 128;
    table[static_cast<std::size_t>(entry)] =
        static_cast<std::int8_t>(clamp(function(code), -128, 127));
  }
  return table;
}

/// Through float, rounded half away from zero; what is not a number becomes the zero point.
template <typename Function>
[[nodiscard]] Int8Table float_table(const UnaryScales &s, const Function &function) {
  const float inverse_scale = 1 / s.out_scale;
  return table_of_codes([&](std::int32_t code) -> std::int32_t {
    const float real = s.in_scale * static_cast<float>(code - s.in_zero);
    const float rescaled = std::round(function(real) * inverse_scale);
    const float bounded = std::isnan(rescaled) ? 0.0F : std::fmin(std::fmax(rescaled, -1e6F), 1e6F);
    return static_cast<std::int32_t>(bounded) + s.out_zero;
  });
}

/// Sigmoid and tanh: inputs are brought to Q4.27; codes further than `radius` from zero saturate.
struct FourIntegerBits {
  Multiplier multiplier;
  std::int32_t radius;
};

[[nodiscard]] inline FourIntegerBits four_integer_bits(float scale) {
  const Multiplier m = quantize_multiplier(static_cast<double>(scale) * (1 << 27));
  return {m, static_cast<std::int32_t>(std::floor(std::ldexp(15.0 * (1LL << 27), -m.shift)))};
}

/// Scales for which the fixed-point forms are defined; others go through float.
[[nodiscard]] inline bool has_four_integer_bits(float scale) {
  return scale > 1.0F / (1 << 26) && scale < 1 << 16;
}

template <typename Function>
[[nodiscard]] Int8Table fixed_point_table(const UnaryScales &s, std::int32_t output_bits,
                                          std::int32_t out_zero, const Function &function) {
  const FourIntegerBits in = four_integer_bits(s.in_scale);
  return table_of_codes([&](std::int32_t code) -> std::int32_t {
    const std::int32_t x = code - s.in_zero;
    if (x <= -in.radius) {
      return -128;
    }
    if (x >= in.radius) {
      return 127;
    }
    const std::int32_t y = function(multiply_by_quantized_multiplier(x, in.multiplier));
    return rounding_divide_by_power_of_two(y, 31 - output_bits) + out_zero;
  });
}

/// For output scale 1/256 and zero point -128.
[[nodiscard]] inline Int8Table sigmoid_table(const UnaryScales &s) {
  return fixed_point_table(s, 8, -128, fixed_point_sigmoid);
}

/// For output scale 1/128 and zero point 0.
[[nodiscard]] inline Int8Table tanh_table(const UnaryScales &s) {
  return fixed_point_table(s, 7, 0, fixed_point_tanh);
}

/// Negative inputs have a multiplier of their own, which carries alpha.
[[nodiscard]] inline Int8Table leaky_relu_table(const UnaryScales &s, float alpha) {
  const double identity = static_cast<double>(s.in_scale / s.out_scale);
  const double negative = static_cast<double>(s.in_scale * alpha / s.out_scale);
  const Multiplier above = quantize_multiplier(identity);
  Multiplier below = quantize_multiplier(std::abs(negative));
  below.value = negative < 0 ? -below.value : below.value;
  return table_of_codes([&](std::int32_t code) -> std::int32_t {
    const std::int32_t x = code - s.in_zero;
    return s.out_zero + multiply_by_quantized_multiplier(x, x >= 0 ? above : below);
  });
}

[[nodiscard]] inline Int8Table abs_table(const UnaryScales &s) {
  const bool same_scale = s.in_scale == s.out_scale;
  const Multiplier ratio =
      quantize_multiplier(static_cast<double>(s.in_scale) / static_cast<double>(s.out_scale));
  return table_of_codes([&](std::int32_t code) -> std::int32_t {
    const std::int32_t x = std::abs(code - s.in_zero);
    return s.out_zero + (same_scale ? x : multiply_by_quantized_multiplier(x, ratio));
  });
}

} // namespace tinyml::kernels::reference
