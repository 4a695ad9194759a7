// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/avx512vnni/intrinsics.hpp"
#include "kernels/isa/plain_samples.hpp"

/// Of 32 registers up to 26 hold sums. Half bundles are for what is left of a batch.
namespace tinyml::kernels::isa {

inline constexpr SampleBlocking kSampleBlocking{16, 24, 26, 1};

template <>
[[gnu::always_inline]] inline std::uint32_t greater_bits<16>(Samples<16> a, Samples<16> b) {
  return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
}
template <>
[[gnu::always_inline]] inline std::uint32_t greater_bits<8>(Samples<8> a, Samples<8> b) {
  return _mm256_cmp_ps_mask(a, b, _CMP_GT_OQ);
}

template <>
[[gnu::always_inline]] inline Samples<16> select<16>(std::uint32_t bits, Samples<16> set,
                                                     Samples<16> clear) {
  return _mm512_mask_blend_ps(static_cast<__mmask16>(bits), clear, set);
}
template <>
[[gnu::always_inline]] inline Samples<8> select<8>(std::uint32_t bits, Samples<8> set,
                                                   Samples<8> clear) {
  return _mm256_mask_blend_ps(static_cast<__mmask8>(bits), clear, set);
}

template <>
[[gnu::always_inline]] inline Picks<16> picks_of<16>(std::uint32_t low, std::uint32_t high) {
  const __m512i ones = _mm512_maskz_set1_epi32(static_cast<__mmask16>(low), 1);
  const __m512i twos = _mm512_maskz_set1_epi32(static_cast<__mmask16>(high), 2);
  return reinterpret_cast<Picks<16>>(_mm512_or_si512(ones, twos));
}
template <>
[[gnu::always_inline]] inline Picks<8> picks_of<8>(std::uint32_t low, std::uint32_t high) {
  const __m256i ones = _mm256_maskz_set1_epi32(static_cast<__mmask8>(low), 1);
  const __m256i twos = _mm256_maskz_set1_epi32(static_cast<__mmask8>(high), 2);
  return reinterpret_cast<Picks<8>>(_mm256_or_si256(ones, twos));
}

template <>
[[gnu::always_inline]] inline Samples<16> pick<16>(const float *table, Picks<16> picks) {
  return _mm512_permutevar_ps(_mm512_broadcast_f32x4(_mm_loadu_ps(table)),
                              reinterpret_cast<__m512i>(picks));
}
template <> [[gnu::always_inline]] inline Samples<8> pick<8>(const float *table, Picks<8> picks) {
  const __m128 four = _mm_loadu_ps(table);
  return _mm256_permutevar_ps(_mm256_set_m128(four, four), reinterpret_cast<__m256i>(picks));
}

} // namespace tinyml::kernels::isa
