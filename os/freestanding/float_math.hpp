// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

/// The few functions of the C mathematics library that kernels call, for boards that link no C
/// library. Computed in double, so that the float result is the correctly rounded one but for rare
/// near-ties.
namespace tinyml::math {

/// e^x for |x| < 700: x = n ln 2 + r, and the exponential series of r, |r| <= ln 2 / 2, to within
/// 1e-14.
[[nodiscard]] inline double exponential(double x) {
  constexpr double kLog2E = 1.4426950408889634;
  constexpr double kLn2 = 0.6931471805599453;
  constexpr double kRound = 0.5;
  const auto n = static_cast<std::int32_t>(x * kLog2E + (x < 0 ? -kRound : kRound));
  const double r = x - n * kLn2;
  double sum = 1;
  for (int term = 12; term > 0; --term) {
    sum = 1 + sum * r / term;
  }
  constexpr int kExponentBias = 1023;
  constexpr int kMantissaBits = 52;
  return sum *
         std::bit_cast<double>(static_cast<std::uint64_t>(n + kExponentBias) << kMantissaBits);
}

[[nodiscard]] inline float exp_float(float x) {
  constexpr float kOverflow = 89;
  constexpr float kUnderflow = -104;
  if (x != x) {
    return x;
  }
  if (x < kUnderflow) {
    return 0;
  }
  return x > kOverflow ? __builtin_inff() : static_cast<float>(exponential(x));
}

[[nodiscard]] inline float tanh_float(float x) {
  constexpr float kSaturated = 10;
  constexpr float kTiny = 1e-4F;
  if (x != x) {
    return x;
  }
  const float magnitude = x < 0 ? -x : x;
  if (magnitude < kTiny) {
    return x - x * x * x / 3;
  }
  const double e = magnitude < kSaturated ? exponential(2.0 * magnitude) : 1e9;
  const auto result = static_cast<float>((e - 1) / (e + 1));
  return x < 0 ? -result : result;
}

/// To the nearest integer, halves away from zero.
[[nodiscard]] inline float round_float(float x) {
  constexpr float kAllIntegersFrom = 8388608; // 2^23
  const float magnitude = x < 0 ? -x : x;
  if (!(magnitude < kAllIntegersFrom)) {
    return x;
  }
  const auto whole = static_cast<float>(static_cast<std::int32_t>(magnitude));
  const float result = magnitude - whole >= 0.5F ? whole + 1 : whole;
  return __builtin_copysignf(result, x);
}

} // namespace tinyml::math
