// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_half.hpp"

/// By the instructions that FPv4 and FPv5 have for it; without them, and on a host, in portable
/// form, which computes the same.
namespace tinyml::kernels::isa {

#if defined(__ARM_FP) && !defined(__aarch64__)

[[nodiscard, gnu::always_inline]] inline float to_float(Half half) {
  const std::uint32_t word = half.bits;
  float value;
  __asm__("vmov %0, %1\n\tvcvtb.f32.f16 %0, %0" : "=t"(value) : "r"(word));
  return value;
}
[[nodiscard, gnu::always_inline]] inline Half to_half(float value) {
  float half;
  std::uint32_t word;
  __asm__("vcvtb.f16.f32 %0, %2\n\tvmov %1, %0" : "=&t"(half), "=r"(word) : "t"(value));
  return {static_cast<std::uint16_t>(word)};
}

#else

[[nodiscard]] inline float to_float(Half half) { return plain_to_float(half); }
[[nodiscard]] inline Half to_half(float value) { return plain_to_half(value); }

#endif

} // namespace tinyml::kernels::isa
