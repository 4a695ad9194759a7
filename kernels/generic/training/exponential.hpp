// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

/// exp and log of float, by additions and multiplications alone: the same bits on every processor.
namespace tinyml::kernels::generic::training {

/// For -87 <= x <= 0, and 0 below: 2^n by the exponent, e^r for |r| <= ln(2) / 2 by its Taylor
/// polynomial. Within 1.5 units in the last place.
[[nodiscard]] inline float exponential(float x) {
  constexpr float kLeast = -87;
  constexpr float kInverseLn2 = 0x1.715476p+0F;
  constexpr float kLn2High = 0x1.62e4p-1F; // few bits: times n it is exact
  constexpr float kLn2Low = 0x1.7f7d1cp-20F;
  if (!(x >= kLeast)) {
    return x < kLeast ? 0.0F : x; // what is no number stays none
  }
  const auto n = static_cast<std::int32_t>(x * kInverseLn2 - 0.5F);
  const auto times = static_cast<float>(n);
  const float r = (x - times * kLn2High) - times * kLn2Low;
  float sum = 1.0F / 5040;
  sum = sum * r + 1.0F / 720;
  sum = sum * r + 1.0F / 120;
  sum = sum * r + 1.0F / 24;
  sum = sum * r + 1.0F / 6;
  sum = sum * r + 0.5F;
  sum = sum * r + 1.0F;
  sum = sum * r + 1.0F;
  const std::uint32_t bits = static_cast<std::uint32_t>(n + 127) << 23U;
  float power = 0;
  std::memcpy(&power, &bits, sizeof power);
  return sum * power;
}

/// For normal x > 0: log(2^n m) with sqrt(1/2) <= m < sqrt(2), the rest from the series of
/// 2 artanh((m - 1) / (m + 1)).
[[nodiscard]] inline float logarithm(float x) {
  constexpr std::uint32_t kSqrtHalf = 0x3F35'04F3U;
  constexpr float kLn2High = 0x1.62e4p-1F;
  constexpr float kLn2Low = 0x1.7f7d1cp-20F;
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  const auto n = static_cast<std::int32_t>(bits - kSqrtHalf) >> 23;
  bits -= static_cast<std::uint32_t>(n) << 23U;
  float m = 0;
  std::memcpy(&m, &bits, sizeof m);
  const float s = (m - 1) / (m + 1);
  const float z = s * s;
  float sum = 2.0F / 9;
  sum = sum * z + 2.0F / 7;
  sum = sum * z + 2.0F / 5;
  sum = sum * z + 2.0F / 3;
  const auto times = static_cast<float>(n);
  return times * kLn2High + (times * kLn2Low + (s * z * sum + 2 * s));
}

} // namespace tinyml::kernels::generic::training
