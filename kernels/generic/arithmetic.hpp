// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/clamp_float.hpp"
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

  const std::int32_t *bias;        ///< one an output channel
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
    return requantize(sum + bias[channel], {multipliers[entry], shifts[entry]}, output_zero_point,
                      low, high);
  }
};

template <> struct Arithmetic<float> {
  using Accumulator = float;

  const float *bias;
  float low;
  float high;

  [[nodiscard]] isa::NoOffset offset() const { return {}; }
  [[nodiscard]] float finish(float sum, int channel) const {
    return clamp_float(sum + bias[channel], low, high);
  }
};

} // namespace tinyml::kernels::generic
