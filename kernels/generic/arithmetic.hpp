// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/clamp_float.hpp"
#include "kernels/isa/isa.hpp"
#include "kernels/reference/requantize.hpp"

#include <cstdint>

/// What makes a sum of products an output element; the only part of convolutions and fully
/// connected layers that knows whether it computes in int8 or in float. `of_channel` fetches what
/// belongs to an output channel, `finish` uses it for every position.
namespace tinyml::kernels::generic {

/// x * 2^-31 * multiplier, rounded as the reference does: for multipliers that are not negative
/// both of its cases are this one.
[[nodiscard]] inline std::int32_t doubling_high_mul(std::int32_t x, std::int32_t multiplier) {
  const std::int64_t product = static_cast<std::int64_t>(x) * multiplier;
  return static_cast<std::int32_t>((product + (std::int64_t{1} << 30)) >> 31);
}

/// Sums of products of int8, scaled by less than 1/2 (which nearly every layer's scales are), with
/// biases below kSmallBias: sums stay below 2^30.
/// Rounds twice, as the reference: halves away from zero.
struct Int8Arithmetic {
  const std::int32_t *bias;        ///< one an output channel; holds what input zero points add
  const std::int32_t *multipliers; ///< Multiplier::value, one an output channel or one for all
  const std::int8_t *shifts;       ///< -1 - Multiplier::shift, in 0...30, likewise
  std::int16_t output_zero_point;
  std::int8_t low;         ///< range of the activation
  std::int8_t high;        //
  std::uint8_t table_step; ///< 1: tables hold an entry a channel, 0: one for all

  struct Channel {
    std::int32_t bias;
    std::int32_t multiplier;
    std::int32_t shift;
  };
  [[nodiscard]] Channel of_channel(int channel) const {
    const int entry = channel * table_step;
    return {bias[channel], multipliers[entry], shifts[entry]};
  }
  [[nodiscard]] std::int8_t finish(std::int32_t sum, const Channel &c) const {
    const std::int32_t scaled = doubling_high_mul(sum + c.bias, c.multiplier);
    const std::int32_t rounded = (((scaled + (scaled >> 31)) >> c.shift) + 1) >> 1;
    return static_cast<std::int8_t>(clamp(rounded + output_zero_point, low, high));
  }
};

/// The same for scales of 1/2 and more (any shift, in either direction) and for any bias.
struct Int8WideArithmetic {
  const std::int32_t *bias;
  const std::int32_t *multipliers;
  const std::int8_t *shifts; ///< Multiplier::shift
  std::int16_t output_zero_point;
  std::int8_t low;
  std::int8_t high;
  std::uint8_t table_step;

  struct Channel {
    std::int32_t bias;
    Multiplier multiplier;
  };
  [[nodiscard]] Channel of_channel(int channel) const {
    const int entry = channel * table_step;
    return {bias[channel], {multipliers[entry], shifts[entry]}};
  }
  [[nodiscard]] std::int8_t finish(std::int32_t sum, const Channel &c) const {
    return requantize(sum + c.bias, c.multiplier, output_zero_point, low, high);
  }
};

struct FloatArithmetic {
  const float *bias;
  float low;
  float high;

  [[nodiscard]] float of_channel(int channel) const { return bias[channel]; }
  [[nodiscard]] float finish(float sum, float channel_bias) const {
    return clamp_float(sum + channel_bias, low, high);
  }
};

/// Element type that an arithmetic belongs to.
template <typename Arithmetic> struct ElementOf { using Type = std::int8_t; };
template <> struct ElementOf<FloatArithmetic> { using Type = float; };

} // namespace tinyml::kernels::generic
