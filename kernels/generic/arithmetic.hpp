// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/isa.hpp"
#include "kernels/reference/requantize.hpp"

#include TINYML_ISA_HEADER(dot.hpp)

#include <cstdint>

/// What makes a sum of products an output element; the only part of convolutions and fully
/// connected layers that knows whether it computes in int8 or in float.
namespace tinyml::kernels::generic {

template <typename T> struct Arithmetic;

template <> struct Arithmetic<std::int8_t> {
  using Accumulator = std::int32_t;

  const std::int32_t *bias;        ///< one an output channel, rounded up to whole tiles
  const std::int32_t *multipliers; ///< Multiplier::value, one an output channel or one for all
  const std::int8_t *shifts;       ///< Multiplier::shift, likewise
  std::int16_t input_offset;       ///< minus the input's zero point
  std::int16_t output_zero_point;
  std::int8_t low;         ///< range of the activation
  std::int8_t high;        //
  std::uint8_t table_step; ///< 1: tables hold an entry a channel, 0: one for all

  [[nodiscard]] std::int32_t offset() const { return input_offset; }
  [[nodiscard]] std::int8_t finish(std::int32_t sum, int channel) const {
    const int entry = channel * table_step;
    return requantize(sum, {multipliers[entry], shifts[entry]}, output_zero_point, low, high);
  }
};

template <> struct Arithmetic<float> {
  using Accumulator = float;

  const float *bias;
  float low;
  float high;

  [[nodiscard]] isa::NoOffset offset() const { return {}; }
  [[nodiscard]] float finish(float sum, int /*channel*/) const {
    return sum < low ? low : (sum > high ? high : sum);
  }
};

/// Makes the parameters of one layer a type, so that a kernel called with it is compiled for that
/// layer alone and folds them into its code: `conv2d(PerLayer<kLayer3>{}, in, out)` instead of
/// `conv2d(kLayer3, in, out)`.
template <const auto &Parameters> struct PerLayer {
  constexpr operator decltype(Parameters)() const { return Parameters; }
};

} // namespace tinyml::kernels::generic
