// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/add.hpp"
#include "kernels/generic/mul.hpp"
#include "kernels/generic/sub.hpp"

/// Add, subtract and multiply int16 with zero points 0; the loop is binary.hpp's.
namespace tinyml::kernels::generic {

template <> struct Add<std::int16_t> {
  AddMultipliers multipliers;
  std::int16_t low;
  std::int16_t high;

  [[nodiscard]] std::int16_t finish(std::int32_t sum) const {
    return static_cast<std::int16_t>(
        clamp(multiply_by_quantized_multiplier(sum, multipliers.output), low, high));
  }

  std::int16_t operator()(std::int16_t a, std::int16_t b) const {
    return finish(add_operand16(a, multipliers.first) + add_operand16(b, multipliers.second));
  }
};

template <> struct Sub<std::int16_t> {
  Add<std::int16_t> as_add;

  std::int16_t operator()(std::int16_t a, std::int16_t b) const {
    return as_add.finish(add_operand16(a, as_add.multipliers.first) -
                         add_operand16(b, as_add.multipliers.second));
  }
};

template <> struct Mul<std::int16_t> {
  Multiplier multiplier; ///< first scale * second scale / output scale
  std::int16_t low;
  std::int16_t high;

  std::int16_t operator()(std::int16_t a, std::int16_t b) const {
    return static_cast<std::int16_t>(
        clamp(multiply_by_quantized_multiplier(a * b, multiplier), low, high));
  }
};

} // namespace tinyml::kernels::generic
