// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml {

/// Divides in place and returns the remainder. 16 bits at a time with 32-bit divisions, which small
/// processors have; a 64-bit division would link 750 bytes of library.
constexpr std::uint16_t divide_in_place(std::uint64_t &number, std::uint16_t divisor) {
  std::uint32_t remainder = 0;
  std::uint64_t quotient = 0;
  for (int shift = 48; shift >= 0; shift -= 16) {
    const std::uint32_t part = (remainder << 16) | static_cast<std::uint16_t>(number >> shift);
    quotient |= static_cast<std::uint64_t>(part / divisor) << shift;
    remainder = part % divisor;
  }
  number = quotient;
  return static_cast<std::uint16_t>(remainder);
}

/// Nanoseconds to milliseconds, rounded down: 1,000,000 is 64 × 15,625.
constexpr std::uint64_t millis_of(std::uint64_t nanoseconds) {
  std::uint64_t millis = nanoseconds >> 6;
  divide_in_place(millis, 15'625);
  return millis;
}

} // namespace tinyml
