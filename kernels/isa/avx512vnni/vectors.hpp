// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/avx512vnni/intrinsics.hpp"

#include <cstdint>
#include <cstring>

/// What the files of this kernel set share: parts of registers, and bytes as VNNI wants them.
namespace tinyml::kernels::isa::avx512vnni {

/// Of sixteen lanes the first `count`, 0...16.
[[nodiscard]] inline __mmask16 first_lanes(int count) {
  return static_cast<__mmask16>((1U << static_cast<unsigned>(count)) - 1U);
}
/// Of 64 bytes the first `count`, 0...63.
[[nodiscard]] inline __mmask64 first_bytes(int count) {
  return (std::uint64_t{1} << static_cast<unsigned>(count)) - 1U;
}

/// int8 to its value plus 128, unsigned.
[[nodiscard]] inline __m512i plus_128(__m512i bytes) {
  return _mm512_xor_si512(bytes, _mm512_set1_epi8(-128));
}

/// Four held bytes for every lane.
[[nodiscard]] inline __m512i broadcast_four(const std::uint8_t *from) {
  std::int32_t four = 0;
  std::memcpy(&four, from, sizeof four);
  return _mm512_set1_epi32(four);
}

/// Reads and writes exactly `count` bytes.
inline void copy_plus_128(std::uint8_t *to, const std::int8_t *from, int count) {
  for (; count >= 64; count -= 64, to += 64, from += 64) {
    _mm512_storeu_si512(to, plus_128(_mm512_loadu_si512(from)));
  }
  if (count > 0) {
    const __mmask64 rest = first_bytes(count);
    _mm512_mask_storeu_epi8(to, rest, plus_128(_mm512_maskz_loadu_epi8(rest, from)));
  }
}

inline void copy_floats(float *to, const float *from, int count) {
  for (; count >= 16; count -= 16, to += 16, from += 16) {
    _mm512_storeu_ps(to, _mm512_loadu_ps(from));
  }
  if (count > 0) {
    const __mmask16 rest = first_lanes(count);
    _mm512_mask_storeu_ps(to, rest, _mm512_maskz_loadu_ps(rest, from));
  }
}

} // namespace tinyml::kernels::isa::avx512vnni
