// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/avx512vnni/fixed_point.hpp"
#include "kernels/isa/avx512vnni/products.hpp"

/// From sums to output elements, sixteen channels at once.
namespace tinyml::kernels::isa {
namespace avx512vnni {

inline void store_lanes(std::int8_t *to, __mmask16 lanes, __m128i bytes) {
  if (lanes == 0xFFFF) {
    _mm_storeu_si128(reinterpret_cast<__m128i *>(to), bytes);
  } else {
    _mm_mask_storeu_epi8(to, lanes, bytes);
  }
}

} // namespace avx512vnni

/// `output[position * step + lane]`, see finish_tile_plain.
template <typename Arithmetic, int Count>
inline void finish_tile(const Arithmetic &arithmetic, const avx512vnni::Int32Sums<Count> &sums,
                        int channel, int count, int positions, std::int8_t *output, int step) {
  const __mmask16 lanes = avx512vnni::first_lanes(count);
  const avx512vnni::Rescale<Arithmetic> rescale(arithmetic, channel, lanes);
#pragma GCC unroll 8
  for (int position = 0; position < Count; ++position, output += step) {
    if (position < positions) {
      avx512vnni::store_lanes(output, lanes, rescale(sums.at[position]));
    }
  }
}

namespace avx512vnni {

/// FloatArithmetic::finish for up to sixteen channels. The operands' order lets through what is not
/// a number.
inline void finish_floats(const generic::FloatArithmetic &a, __m512 sums, int channel, int count,
                          float *output) {
  const __mmask16 lanes = first_lanes(count);
  const __m512 biased = _mm512_add_ps(sums, _mm512_maskz_loadu_ps(lanes, a.bias + channel));
  const __m512 raised = _mm512_max_ps(_mm512_set1_ps(a.low), biased);
  _mm512_mask_storeu_ps(output, lanes, _mm512_min_ps(_mm512_set1_ps(a.high), raised));
}

} // namespace avx512vnni

/// A register a position: patches.
template <int Count>
inline void finish_tile(const generic::FloatArithmetic &arithmetic,
                        const avx512vnni::FloatSums<Count> &sums, int channel, int count,
                        int positions, float *output, int step) {
#pragma GCC unroll 8
  for (int position = 0; position < Count; ++position, output += step) {
    if (position < positions) {
      avx512vnni::finish_floats(arithmetic, sums.at[position], channel, count, output);
    }
  }
}

/// Two registers of one position: rows.
inline void finish_tile(const generic::FloatArithmetic &arithmetic,
                        const avx512vnni::FloatSums<2> &sums, int channel, int count,
                        int /*positions*/, float *output, int /*step*/) {
  avx512vnni::finish_floats(arithmetic, sums.at[0], channel, count < 16 ? count : 16, output);
  if (count > 16) {
    avx512vnni::finish_floats(arithmetic, sums.at[1], channel + 16, count - 16, output + 16);
  }
}

} // namespace tinyml::kernels::isa
