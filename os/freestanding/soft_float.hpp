// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

/// Arithmetic of IEEE 754 binary32 on its bits, rounding to nearest, ties to even, with subnormal
/// numbers: bit for bit what a floating point unit gives. For processors without one whose
/// compiler's library leaves it out. A NaN is always kNotANumber.
namespace tinyml::soft_float {

using Bits = std::uint32_t;

inline constexpr Bits kSign = 0x80000000;
inline constexpr Bits kInfinity = 0x7F800000;
inline constexpr Bits kNotANumber = 0x7FC00000;
inline constexpr Bits kHidden = 1U << 23; ///< the significand's first digit, which is not stored
inline constexpr int kBias = 127;

[[nodiscard]] constexpr Bits magnitude(Bits x) { return x & ~kSign; }
[[nodiscard]] constexpr bool is_nan(Bits x) { return magnitude(x) > kInfinity; }
[[nodiscard]] constexpr bool is_infinite(Bits x) { return magnitude(x) == kInfinity; }

/// Shifts right; what is shifted out stays visible in the lowest bit.
[[nodiscard]] constexpr std::uint32_t shift_sticky(std::uint32_t value, int count) {
  if (count == 0) {
    return value;
  }
  return count > 31 ? (value != 0 ? 1U : 0U)
                    : (value >> count) | ((value << (32 - count)) != 0 ? 1U : 0U);
}

/// A significand with seven more digits than are stored, its first at bit 30 unless the number is
/// subnormal; `exponent` is the stored one, at least 1.
[[nodiscard]] constexpr Bits rounded(Bits sign, int exponent, std::uint32_t significand) {
  if (exponent < 1) {
    significand = shift_sticky(significand, 1 - exponent);
    exponent = 1;
  }
  const std::uint32_t rest = significand & 0x7F;
  std::uint32_t digits = significand >> 7;
  if (rest > 0x40 || (rest == 0x40 && (digits & 1) != 0)) {
    ++digits;
  }
  // A carry out of the digits goes where it belongs; the hidden one adds 1 to the exponent.
  if (exponent > 254) {
    return sign | kInfinity;
  }
  return sign | ((static_cast<Bits>(exponent - 1) << 23) + digits);
}

/// A finite number but 0 with its first digit at bit 23, whatever it is stored as.
struct Normal {
  int exponent;
  std::uint32_t significand;
};

[[nodiscard]] constexpr Normal normal(Bits x) {
  const std::uint32_t digits = x & (kHidden - 1);
  const int exponent = static_cast<int>((x >> 23) & 0xFF);
  if (exponent != 0) {
    return {exponent, digits | kHidden};
  }
  const int shift = std::countl_zero(digits) - 8;
  return {1 - shift, digits << shift};
}

namespace detail {

/// As stored, but with the hidden digit and seven more; subnormal numbers as they are.
struct Aligned {
  int exponent;
  std::uint32_t significand;
};

[[nodiscard]] constexpr Aligned aligned(Bits x) {
  const int exponent = static_cast<int>((x >> 23) & 0xFF);
  const std::uint32_t digits = (x & (kHidden - 1)) | (exponent != 0 ? kHidden : 0);
  return {exponent != 0 ? exponent : 1, digits << 7};
}

/// Of two finite numbers, |a| >= |b|.
[[nodiscard]] constexpr Bits add_finite(Bits a, Bits b) {
  Aligned large = aligned(a);
  const Aligned small = aligned(b);
  const std::uint32_t other = shift_sticky(small.significand, large.exponent - small.exponent);
  if (((a ^ b) & kSign) == 0) {
    large.significand += other;
    if ((large.significand >> 31) != 0) {
      large.significand = shift_sticky(large.significand, 1);
      ++large.exponent;
    }
    return rounded(a & kSign, large.exponent, large.significand);
  }
  large.significand -= other;
  if (large.significand == 0) {
    return 0;
  }
  const int wanted = std::countl_zero(large.significand) - 1;
  const int shift = wanted < large.exponent ? wanted : large.exponent - 1;
  return rounded(a & kSign, large.exponent - shift, large.significand << shift);
}

} // namespace detail

[[nodiscard]] constexpr Bits add(Bits a, Bits b) {
  if (is_nan(a) || is_nan(b) || (is_infinite(a) && is_infinite(b) && a != b)) {
    return kNotANumber;
  }
  if (is_infinite(a) || is_infinite(b)) {
    return is_infinite(a) ? a : b;
  }
  return magnitude(a) >= magnitude(b) ? detail::add_finite(a, b) : detail::add_finite(b, a);
}

[[nodiscard]] constexpr Bits subtract(Bits a, Bits b) { return add(a, b ^ kSign); }

[[nodiscard]] constexpr Bits multiply(Bits a, Bits b) {
  const Bits sign = (a ^ b) & kSign;
  const bool zero = magnitude(a) == 0 || magnitude(b) == 0;
  const bool infinite = is_infinite(a) || is_infinite(b);
  if (is_nan(a) || is_nan(b) || (zero && infinite)) {
    return kNotANumber;
  }
  if (zero || infinite) {
    return sign | (infinite ? kInfinity : 0);
  }
  const Normal x = normal(a);
  const Normal y = normal(b);
  const std::uint64_t product = std::uint64_t{x.significand} * y.significand; // 47 or 48 digits
  std::uint32_t significand =
      static_cast<std::uint32_t>(product >> 16) | ((product & 0xFFFF) != 0 ? 1U : 0U);
  int exponent = x.exponent + y.exponent - kBias;
  if ((significand >> 31) != 0) {
    significand = shift_sticky(significand, 1);
    ++exponent;
  }
  return rounded(sign, exponent, significand);
}

[[nodiscard]] constexpr Bits divide(Bits a, Bits b) {
  const Bits sign = (a ^ b) & kSign;
  const bool zero_by_zero = magnitude(a) == 0 && magnitude(b) == 0;
  if (is_nan(a) || is_nan(b) || zero_by_zero || (is_infinite(a) && is_infinite(b))) {
    return kNotANumber;
  }
  if (is_infinite(a) || magnitude(b) == 0) {
    return sign | kInfinity;
  }
  if (is_infinite(b) || magnitude(a) == 0) {
    return sign;
  }
  const Normal x = normal(a);
  const Normal y = normal(b);
  const bool smaller = x.significand < y.significand;
  std::uint32_t rest = smaller ? x.significand << 1 : x.significand;
  std::uint32_t quotient = 0;
  for (int digit = 0; digit < 31; ++digit) {
    quotient <<= 1;
    if (rest >= y.significand) {
      rest -= y.significand;
      quotient |= 1;
    }
    rest <<= 1;
  }
  return rounded(sign, x.exponent - y.exponent + kBias - (smaller ? 1 : 0),
                 quotient | (rest != 0 ? 1U : 0U));
}

[[nodiscard]] constexpr Bits from_unsigned(std::uint32_t value, Bits sign = 0) {
  if (value == 0) {
    return 0;
  }
  const int shift = std::countl_zero(value);
  return rounded(sign, kBias + 31 - shift, shift_sticky(value << shift, 1));
}

[[nodiscard]] constexpr Bits from_signed(std::int32_t value) {
  const auto bits = static_cast<std::uint32_t>(value);
  return value < 0 ? from_unsigned(0U - bits, kSign) : from_unsigned(bits);
}

/// Towards zero; what does not fit becomes the nearest that does, NaN 0.
[[nodiscard]] constexpr std::uint32_t to_unsigned(Bits x) {
  const int exponent = static_cast<int>((x >> 23) & 0xFF) - kBias;
  if (is_nan(x) || exponent < 0 || (x & kSign) != 0) {
    return 0;
  }
  if (exponent > 31) {
    return 0xFFFFFFFF;
  }
  const std::uint32_t digits = (x & (kHidden - 1)) | kHidden;
  return exponent >= 23 ? digits << (exponent - 23) : digits >> (23 - exponent);
}

[[nodiscard]] constexpr std::int32_t to_signed(Bits x) {
  constexpr std::uint32_t kLargest = 0x7FFFFFFF;
  const std::uint32_t size = to_unsigned(magnitude(x));
  if ((x & kSign) != 0) {
    return size > kLargest ? INT32_MIN : -static_cast<std::int32_t>(size);
  }
  return static_cast<std::int32_t>(size > kLargest ? kLargest : size);
}

} // namespace tinyml::soft_float
