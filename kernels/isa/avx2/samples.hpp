// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_samples.hpp"

#include <immintrin.h>

/// Of sixteen registers twelve hold sums.
namespace tinyml::kernels::isa {

inline constexpr SampleBlocking kSampleBlocking{8, 12, 12, 2};

template <>
[[gnu::always_inline]] inline std::uint32_t greater_bits<8>(Samples<8> a, Samples<8> b) {
  return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ)));
}

namespace avx2 {
/// All bits of lane i where bit i is 1.
[[nodiscard, gnu::always_inline]] inline __m256i lanes_of_bits(std::uint32_t bits) {
  const __m256i own = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  const __m256i all = _mm256_set1_epi32(static_cast<std::int32_t>(bits));
  return _mm256_cmpeq_epi32(_mm256_and_si256(all, own), own);
}
} // namespace avx2

template <>
[[gnu::always_inline]] inline Samples<8> select<8>(std::uint32_t bits, Samples<8> set,
                                                   Samples<8> clear) {
  return _mm256_blendv_ps(clear, set, _mm256_castsi256_ps(avx2::lanes_of_bits(bits)));
}

template <>
[[gnu::always_inline]] inline Picks<8> picks_of<8>(std::uint32_t low, std::uint32_t high) {
  const __m256i ones = _mm256_srli_epi32(avx2::lanes_of_bits(low), 31);
  const __m256i twos = _mm256_slli_epi32(_mm256_srli_epi32(avx2::lanes_of_bits(high), 31), 1);
  return reinterpret_cast<Picks<8>>(_mm256_or_si256(ones, twos));
}

template <> [[gnu::always_inline]] inline Samples<8> pick<8>(const float *table, Picks<8> picks) {
  const __m256 four = _mm256_broadcast_ps(reinterpret_cast<const __m128 *>(table));
  return _mm256_permutevar_ps(four, reinterpret_cast<__m256i>(picks));
}

} // namespace tinyml::kernels::isa
