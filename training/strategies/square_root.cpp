// SPDX-License-Identifier: Apache-2.0
#include "training/strategies/square_root.hpp"

#include <bit>
#include <cstdint>

namespace tinyml::training {

namespace {

constexpr int kFractionBits = 23;
constexpr int kBias = 127;

/// floor(√value), and whether the rest is above the root: then the next number is nearer.
std::uint32_t rounded_root(std::uint64_t value) {
  std::uint64_t root = 0;
  std::uint64_t rest = value;
  for (std::uint64_t bit = std::uint64_t{1} << 48; bit != 0; bit >>= 2) {
    if (rest >= root + bit) {
      rest -= root + bit;
      root = (root >> 1) + bit;
    } else {
      root >>= 1;
    }
  }
  return static_cast<std::uint32_t>(root + (rest > root ? 1 : 0));
}

} // namespace

float square_root(float value) {
  if (!(value > 0)) {
    return 0;
  }
  const auto bits = std::bit_cast<std::uint32_t>(value);
  int exponent = static_cast<int>(bits >> kFractionBits) - kBias;
  std::uint64_t fraction = bits & ((1U << kFractionBits) - 1);
  if (exponent == -kBias) { // subnormal
    exponent = 1 - kBias;
    while (fraction >> kFractionBits == 0) {
      fraction <<= 1;
      --exponent;
    }
  } else {
    fraction |= 1U << kFractionBits;
  }
  const bool odd = exponent % 2 != 0;
  exponent = (exponent - (odd ? 1 : 0)) / 2;
  const std::uint32_t root = rounded_root(fraction << (kFractionBits + (odd ? 1 : 0)));
  const auto scale = static_cast<std::uint32_t>(exponent + kBias - 1) << kFractionBits;
  return std::bit_cast<float>(scale + root); // the root's leading one counts the exponent up
}

} // namespace tinyml::training
