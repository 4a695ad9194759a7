// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/avx2/fixed_point.hpp"
#include "kernels/isa/avx2/products.hpp"

/// From sums to output elements, eight channels at once.
namespace tinyml::kernels::isa {
namespace avx2 {

/// One register of each position: up to eight channels.
template <typename Arithmetic, int Count>
inline void finish_half(const Arithmetic &arithmetic, const Int32Sums<Count> &sums, int half,
                        int channel, int count, int positions, std::int8_t *output, int step) {
  const Rescale<Arithmetic> rescale(arithmetic, channel, count);
#pragma GCC unroll 4
  for (int position = 0; position < Count; ++position, output += step) {
    if (position < positions) {
      store_bytes(output, count, rescale(sums.at[position][half]));
    }
  }
}

/// FloatArithmetic::finish for up to eight channels. The operands' order lets through what is not a
/// number.
inline void finish_floats(const generic::FloatArithmetic &a, __m256 sums, int channel, int count,
                          float *output) {
  const __m256 biased = _mm256_add_ps(sums, load_floats(a.bias + channel, count));
  const __m256 raised = _mm256_max_ps(_mm256_set1_ps(a.low), biased);
  const __m256 result = _mm256_min_ps(_mm256_set1_ps(a.high), raised);
  if (count == 8) {
    _mm256_storeu_ps(output, result);
  } else {
    _mm256_maskstore_ps(output, first_lanes(count), result);
  }
}

} // namespace avx2

/// `output[position * step + lane]`, see finish_tile_plain.
template <typename Arithmetic, int Count>
inline void finish_tile(const Arithmetic &arithmetic, const avx2::Int32Sums<Count> &sums,
                        int channel, int count, int positions, std::int8_t *output, int step) {
  avx2::finish_half(arithmetic, sums, 0, channel, count < 8 ? count : 8, positions, output, step);
  if (count > 8) {
    avx2::finish_half(arithmetic, sums, 1, channel + 8, count - 8, positions, output + 8, step);
  }
}

template <int Count, int Registers>
inline void finish_tile(const generic::FloatArithmetic &arithmetic,
                        const avx2::FloatSums<Count, Registers> &sums, int channel, int count,
                        int positions, float *output, int step) {
#pragma GCC unroll 4
  for (int position = 0; position < Count; ++position, output += step) {
#pragma GCC unroll 4
    for (int r = 0; r < Registers; ++r) {
      const int left = count - 8 * r;
      if (position < positions && left > 0) {
        avx2::finish_floats(arithmetic, sums.at[position][r], channel + 8 * r, left < 8 ? left : 8,
                            output + 8 * r);
      }
    }
  }
}

} // namespace tinyml::kernels::isa
