// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/binary.hpp"

/// Add, subtract and multiply int16 with zero points 0.
namespace tinyml::kernels::reference {

inline void add16(const BroadcastShape &s, const AddMultipliers &m, std::int32_t low,
                  std::int32_t high, const std::int16_t *a, const std::int16_t *b,
                  std::int16_t *out) {
  for_broadcast(s, [&](std::int64_t i, std::int64_t j) {
    const std::int32_t sum = add_operand16(a[i], m.first) + add_operand16(b[j], m.second);
    *out++ = static_cast<std::int16_t>(
        clamp(multiply_by_quantized_multiplier(sum, m.output), low, high));
  });
}

inline void sub16(const BroadcastShape &s, const AddMultipliers &m, std::int32_t low,
                  std::int32_t high, const std::int16_t *a, const std::int16_t *b,
                  std::int16_t *out) {
  for_broadcast(s, [&](std::int64_t i, std::int64_t j) {
    const std::int32_t difference = add_operand16(a[i], m.first) - add_operand16(b[j], m.second);
    *out++ = static_cast<std::int16_t>(
        clamp(multiply_by_quantized_multiplier(difference, m.output), low, high));
  });
}

/// `multiplier` is scale a * scale b / output scale.
inline void mul16(const BroadcastShape &s, Multiplier multiplier, std::int32_t low,
                  std::int32_t high, const std::int16_t *a, const std::int16_t *b,
                  std::int16_t *out) {
  for_broadcast(s, [&](std::int64_t i, std::int64_t j) {
    *out++ = static_cast<std::int16_t>(
        clamp(multiply_by_quantized_multiplier(a[i] * b[j], multiplier), low, high));
  });
}

} // namespace tinyml::kernels::reference
