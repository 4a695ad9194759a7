// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <immintrin.h>

/// What the files of this kernel set share: parts of registers, and widened bytes.
namespace tinyml::kernels::isa::avx2 {

/// All ones in the first `count` of eight lanes.
[[nodiscard]] inline __m256i first_lanes(int count) {
  alignas(64) static constexpr std::int32_t kLanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(kLanes + 8 - count));
}

[[nodiscard]] inline __m256i load_ints(const std::int32_t *from, int count) {
  return count == 8 ? _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from))
                    : _mm256_maskload_epi32(from, first_lanes(count));
}
[[nodiscard]] inline __m256 load_floats(const float *from, int count) {
  return count == 8 ? _mm256_loadu_ps(from) : _mm256_maskload_ps(from, first_lanes(count));
}

/// Up to eight bytes, the rest zero.
[[nodiscard]] inline __m128i load_bytes(const std::int8_t *from, int count) {
  std::int64_t bytes = 0;
  if (count == 8) {
    std::memcpy(&bytes, from, 8);
  } else {
    std::memcpy(&bytes, from, static_cast<std::size_t>(count));
  }
  return _mm_cvtsi64_si128(bytes);
}
inline void store_bytes(std::int8_t *to, int count, __m128i bytes) {
  const std::int64_t all = _mm_cvtsi128_si64(bytes);
  if (count == 8) {
    std::memcpy(to, &all, 8);
  } else {
    std::memcpy(to, &all, static_cast<std::size_t>(count));
  }
}

/// Sixteen bytes as 16-bit halves.
[[nodiscard]] inline __m256i widened(const std::int8_t *from) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from)));
}

/// Two held inputs for every lane.
[[nodiscard]] inline __m256i broadcast_pair(const std::int16_t *from) {
  std::int32_t pair = 0;
  std::memcpy(&pair, from, sizeof pair);
  return _mm256_set1_epi32(pair);
}

inline void copy_widened(std::int16_t *to, const std::int8_t *from, int count) {
  for (; count >= 16; count -= 16, to += 16, from += 16) {
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(to), widened(from));
  }
  if (count >= 8) {
    _mm_storeu_si128(reinterpret_cast<__m128i *>(to), _mm_cvtepi8_epi16(load_bytes(from, 8)));
    count -= 8;
    to += 8;
    from += 8;
  }
  for (; count > 0; --count) {
    *to++ = *from++;
  }
}

} // namespace tinyml::kernels::isa::avx2
