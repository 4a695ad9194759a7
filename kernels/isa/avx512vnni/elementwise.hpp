// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/avx512vnni/fixed_point.hpp"

#include <type_traits>

/// Elementwise operators of two tensors, sixteen elements at once.
namespace tinyml::kernels::generic {
template <typename T> struct Add;
template <typename T> struct Sub;
} // namespace tinyml::kernels::generic

namespace tinyml::kernels::isa {
namespace avx512vnni {

/// multiply_by_quantized_multiplier.
[[nodiscard]] inline __m512i scaled(__m512i x, Multiplier multiplier) {
  const std::int32_t left = multiplier.shift > 0 ? multiplier.shift : 0;
  const __m512i shifted = _mm512_sllv_epi32(x, _mm512_set1_epi32(left));
  return rounding_divide_by_power_of_two(
      doubling_high_mul(shifted, _mm512_set1_epi32(multiplier.value)),
      _mm512_set1_epi32(left - multiplier.shift));
}

/// One operand of a quantised addition, on the common scale.
[[nodiscard]] inline __m512i operand(const std::int8_t *from, std::int32_t zero_point,
                                     Multiplier multiplier) {
  const __m512i x = _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from)));
  return scaled(_mm512_slli_epi32(_mm512_sub_epi32(x, _mm512_set1_epi32(zero_point)), 20),
                multiplier);
}

/// Whole bundles of a quantised addition, or of a subtraction.
template <bool Subtract, typename Add>
[[nodiscard]] inline int add_bytes(const Add &add, const std::int8_t *a, const std::int8_t *b,
                                   std::int8_t *output, int count) {
  static_assert(AddMultipliers::kLeftShift == 20);
  const Narrow narrow(add);
  int i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m512i first = operand(a + i, add.first_zero_point, add.multipliers.first);
    const __m512i second = operand(b + i, add.second_zero_point, add.multipliers.second);
    const __m512i sum =
        Subtract ? _mm512_sub_epi32(first, second) : _mm512_add_epi32(first, second);
    _mm_storeu_si128(reinterpret_cast<__m128i *>(output + i),
                     narrow(scaled(sum, add.multipliers.output)));
  }
  return i;
}

} // namespace avx512vnni

/// See plain_elementwise.hpp.
template <typename Operation> inline constexpr bool kCombines = false;
template <> inline constexpr bool kCombines<generic::Add<std::int8_t>> = true;
template <> inline constexpr bool kCombines<generic::Sub<std::int8_t>> = true;

template <typename Operation, typename T>
[[nodiscard]] inline int combine(const Operation &operation, const T *a, const T *b, T *output,
                                 int count) {
  if constexpr (std::is_same_v<Operation, generic::Sub<std::int8_t>>) {
    const auto add = operation.as_add; // a copy: outputs, being bytes, could change the original
    return avx512vnni::add_bytes<true>(add, a, b, output, count);
  } else {
    const Operation add = operation;
    return avx512vnni::add_bytes<false>(add, a, b, output, count);
  }
}

} // namespace tinyml::kernels::isa
