// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/avx2/fixed_point.hpp"

#include <type_traits>

/// Elementwise operators of two tensors, eight elements at once.
namespace tinyml::kernels::generic {
template <typename T> struct Add;
template <typename T> struct Sub;
} // namespace tinyml::kernels::generic

namespace tinyml::kernels::isa {
namespace avx2 {

/// multiply_by_quantized_multiplier.
[[nodiscard]] inline __m256i scaled(__m256i x, Multiplier multiplier) {
  const std::int32_t left = multiplier.shift > 0 ? multiplier.shift : 0;
  const __m256i shifted = _mm256_sllv_epi32(x, _mm256_set1_epi32(left));
  return rounding_divide_by_power_of_two(
      doubling_high_mul(shifted, _mm256_set1_epi32(multiplier.value)),
      _mm256_set1_epi32(left - multiplier.shift));
}

/// One operand of a quantised addition, on the common scale.
[[nodiscard]] inline __m256i operand(const std::int8_t *from, std::int32_t zero_point,
                                     Multiplier multiplier) {
  const __m256i x = _mm256_cvtepi8_epi32(load_bytes(from, 8));
  return scaled(_mm256_slli_epi32(_mm256_sub_epi32(x, _mm256_set1_epi32(zero_point)), 20),
                multiplier);
}

/// Whole bundles of a quantised addition, or of a subtraction.
template <bool Subtract, typename Add>
[[nodiscard]] inline int add_bytes(const Add &add, const std::int8_t *a, const std::int8_t *b,
                                   std::int8_t *output, int count) {
  static_assert(AddMultipliers::kLeftShift == 20);
  const Narrow narrow(add);
  int i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256i first = operand(a + i, add.first_zero_point, add.multipliers.first);
    const __m256i second = operand(b + i, add.second_zero_point, add.multipliers.second);
    const __m256i sum =
        Subtract ? _mm256_sub_epi32(first, second) : _mm256_add_epi32(first, second);
    store_bytes(output + i, 8, narrow(scaled(sum, add.multipliers.output)));
  }
  return i;
}

} // namespace avx2

/// See plain_elementwise.hpp.
template <typename Operation> inline constexpr bool kCombines = false;
template <> inline constexpr bool kCombines<generic::Add<std::int8_t>> = true;
template <> inline constexpr bool kCombines<generic::Sub<std::int8_t>> = true;

template <typename Operation, typename T>
[[nodiscard]] inline int combine(const Operation &operation, const T *a, const T *b, T *output,
                                 int count) {
  if constexpr (std::is_same_v<Operation, generic::Sub<std::int8_t>>) {
    const auto add = operation.as_add; // a copy: outputs, being bytes, could change the original
    return avx2::add_bytes<true>(add, a, b, output, count);
  } else {
    const Operation add = operation;
    return avx2::add_bytes<false>(add, a, b, output, count);
  }
}

} // namespace tinyml::kernels::isa
