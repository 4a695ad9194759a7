// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <type_traits>

namespace tinyml::kernels {

/// Floats lose their fraction and saturate, what is not a number becomes 0; wide integers lose
/// their upper bits.
template <typename To, typename From> [[nodiscard]] inline To cast_element(From x) {
  if constexpr (std::is_floating_point<From>::value && std::is_integral<To>::value) {
    // The largest To, rounded to a From, may lie one above it.
    constexpr From kEnd = static_cast<From>((std::numeric_limits<To>::max() >> 1) + 1) * 2;
    constexpr From kLow = static_cast<From>(std::numeric_limits<To>::min());
    if (x >= kEnd) {
      return std::numeric_limits<To>::max();
    }
    if (x <= kLow) {
      return std::numeric_limits<To>::min();
    }
    return x == x ? static_cast<To>(x) : To{0};
  } else {
    return static_cast<To>(x);
  }
}

} // namespace tinyml::kernels
