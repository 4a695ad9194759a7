// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

/// IEEE 754 binary16 as a type to store parameters in; arithmetic is in float.
namespace tinyml::kernels::isa {

struct Half {
  std::uint16_t bits;
};

[[nodiscard]] inline float plain_to_float(Half half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half.bits & 0x8000U) << 16U;
  const std::uint32_t rest = static_cast<std::uint32_t>(half.bits & 0x7FFFU) << 13U;
  constexpr std::uint32_t kInfinity = 0x0F80'0000U; // the largest exponent, in place
  constexpr float kScale = 0x1p112F;                // exponent bias 15 to 127
  float value;
  std::memcpy(&value, &rest, sizeof value);
  value *= kScale; // subnormals come out right as well
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits |= sign | (rest >= kInfinity ? 0x7F80'0000U : 0U);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Rounds halves to even; too large ones become infinite.
[[nodiscard]] inline Half plain_to_half(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  bits &= 0x7FFF'FFFFU;
  if (bits >= 0x7F80'0000U) { // infinite or not a number
    const std::uint32_t rest = bits > 0x7F80'0000U ? 0x200U | ((bits >> 13U) & 0x3FFU) : 0U;
    return {static_cast<std::uint16_t>(sign | 0x7C00U | rest)};
  }
  if (bits < 0x3880'0000U) { // subnormal or 0: an addition rounds at the last place of 2^-24
    float magnitude;
    std::memcpy(&magnitude, &bits, sizeof magnitude);
    magnitude += 0.5F;
    std::memcpy(&bits, &magnitude, sizeof bits);
    return {static_cast<std::uint16_t>(sign | (bits - 0x3F00'0000U))};
  }
  bits += 0xFFFU + ((bits >> 13U) & 1U);
  bits = (bits - 0x3800'0000U) >> 13U;
  return {static_cast<std::uint16_t>(sign | (bits < 0x7C00U ? bits : 0x7C00U))};
}

} // namespace tinyml::kernels::isa
