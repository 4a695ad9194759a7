// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

/// The instructions this kernel set is about, each with a portable form that computes the same, so
/// that the kernels can be tested on any machine.
namespace tinyml::kernels::isa::dsp {

/// Four bytes at any address, as the processor loads them.
[[nodiscard]] inline std::uint32_t load_word(const void *from) {
  std::uint32_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

[[nodiscard]] inline std::int32_t low_half(std::uint32_t x) { return static_cast<std::int16_t>(x); }
[[nodiscard]] inline std::int32_t high_half(std::uint32_t x) {
  return static_cast<std::int16_t>(x >> 16);
}

#if defined(__ARM_FEATURE_DSP)

/// Bytes 0 and 2, widened to halves.
[[nodiscard]] inline std::uint32_t widen_even(std::uint32_t x) {
  std::uint32_t result;
  __asm__("sxtb16 %0, %1" : "=r"(result) : "r"(x));
  return result;
}
/// Bytes 1 and 3.
[[nodiscard]] inline std::uint32_t widen_odd(std::uint32_t x) {
  std::uint32_t result;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(x));
  return result;
}
/// sum + both products of halves.
[[nodiscard]] inline std::int32_t multiply_pair(std::int32_t sum, std::uint32_t a,
                                                std::uint32_t b) {
  __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
}
[[nodiscard]] inline std::int32_t multiply_low(std::int32_t sum, std::uint32_t a, std::uint32_t b) {
  __asm__("smlabb %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
}
[[nodiscard]] inline std::int32_t multiply_high(std::int32_t sum, std::uint32_t a,
                                                std::uint32_t b) {
  __asm__("smlatt %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
}
/// The low half of a with the high half of b.
[[nodiscard]] inline std::int32_t multiply_low_high(std::int32_t sum, std::uint32_t a,
                                                    std::uint32_t b) {
  __asm__("smlabt %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
}
/// The high half of a with the low half of b.
[[nodiscard]] inline std::int32_t multiply_high_low(std::int32_t sum, std::uint32_t a,
                                                    std::uint32_t b) {
  __asm__("smlatb %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
}
/// (a * b + 2^31) / 2^32, rounded down.
[[nodiscard]] inline std::int32_t rounded_high_product(std::int32_t a, std::int32_t b) {
  std::int32_t result;
  __asm__("smmulr %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
}
/// x / 2, rounded down, saturated to int8.
[[nodiscard]] inline std::int32_t saturated_half(std::int32_t x) {
  __asm__("ssat %0, #8, %0, asr #1" : "+r"(x));
  return x;
}

#else

[[nodiscard]] inline std::uint32_t halves(std::int32_t low, std::int32_t high) {
  return (static_cast<std::uint32_t>(low) & 0xFFFFU) | (static_cast<std::uint32_t>(high) << 16);
}
[[nodiscard]] inline std::uint32_t widen_even(std::uint32_t x) {
  return halves(static_cast<std::int8_t>(x), static_cast<std::int8_t>(x >> 16));
}
[[nodiscard]] inline std::uint32_t widen_odd(std::uint32_t x) { return widen_even(x >> 8); }
[[nodiscard]] inline std::int32_t multiply_low(std::int32_t sum, std::uint32_t a, std::uint32_t b) {
  return sum + low_half(a) * low_half(b);
}
[[nodiscard]] inline std::int32_t multiply_high(std::int32_t sum, std::uint32_t a,
                                                std::uint32_t b) {
  return sum + high_half(a) * high_half(b);
}
[[nodiscard]] inline std::int32_t multiply_low_high(std::int32_t sum, std::uint32_t a,
                                                    std::uint32_t b) {
  return sum + low_half(a) * high_half(b);
}
[[nodiscard]] inline std::int32_t multiply_high_low(std::int32_t sum, std::uint32_t a,
                                                    std::uint32_t b) {
  return sum + high_half(a) * low_half(b);
}
[[nodiscard]] inline std::int32_t multiply_pair(std::int32_t sum, std::uint32_t a,
                                                std::uint32_t b) {
  return multiply_high(multiply_low(sum, a, b), a, b);
}
[[nodiscard]] inline std::int32_t rounded_high_product(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>((std::int64_t{a} * b + (std::int64_t{1} << 31)) >> 32);
}
[[nodiscard]] inline std::int32_t saturated_half(std::int32_t x) {
  const std::int32_t half = x >> 1;
  return half < -128 ? -128 : (half > 127 ? 127 : half);
}

#endif

} // namespace tinyml::kernels::isa::dsp
