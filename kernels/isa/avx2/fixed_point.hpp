// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"
#include "kernels/isa/avx2/vectors.hpp"

/// The fixed-point arithmetic of int8 inference on eight sums at once, bit for bit that of
/// kernels/generic/arithmetic.hpp.
namespace tinyml::kernels::isa::avx2 {

/// (x * multiplier + 2^30) >> 31: 64-bit products of the even lanes, then of the odd ones.
[[nodiscard]] inline __m256i doubling_high_mul(__m256i x, __m256i multiplier) {
  const __m256i half = _mm256_set1_epi64x(std::int64_t{1} << 30);
  const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, multiplier), half);
  const __m256i odd = _mm256_add_epi64(
      _mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(multiplier, 32)), half);
  return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xAA);
}

/// round(x / 2^exponent), halves away from zero.
[[nodiscard]] inline __m256i rounding_divide_by_power_of_two(__m256i x, __m256i exponent) {
  const __m256i one = _mm256_set1_epi32(1);
  const __m256i mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, exponent), one);
  const __m256i threshold = _mm256_add_epi32(_mm256_srli_epi32(mask, 1), _mm256_srli_epi32(x, 31));
  const __m256i up = _mm256_cmpgt_epi32(_mm256_and_si256(x, mask), threshold); // -1 or 0
  return _mm256_sub_epi32(_mm256_srav_epi32(x, exponent), up);
}

/// What an arithmetic's tables say of up to eight channels.
struct ChannelTables {
  __m256i bias;
  __m256i multipliers;
  __m256i shifts;

  template <typename Arithmetic>
  ChannelTables(const Arithmetic &a, int channel, int count)
      : bias(load_ints(a.bias + channel, count)) {
    if (a.table_step != 0) {
      multipliers = load_ints(a.multipliers + channel, count);
      shifts = _mm256_cvtepi8_epi32(load_bytes(a.shifts + channel, count));
    } else {
      multipliers = _mm256_set1_epi32(a.multipliers[0]);
      shifts = _mm256_set1_epi32(a.shifts[0]);
    }
  }
};

/// Adds the zero point and brings int32 into the range of an activation: eight bytes.
class Narrow {
public:
  template <typename Arithmetic>
  explicit Narrow(const Arithmetic &a)
      : zero_point_(_mm256_set1_epi32(a.output_zero_point)), low_(_mm_set1_epi8(a.low)),
        high_(_mm_set1_epi8(a.high)) {}

  [[nodiscard]] __m128i operator()(__m256i x) const {
    const __m256i moved = _mm256_add_epi32(x, zero_point_);
    const __m128i halves =
        _mm_packs_epi32(_mm256_castsi256_si128(moved), _mm256_extracti128_si256(moved, 1));
    return _mm_min_epi8(_mm_max_epi8(_mm_packs_epi16(halves, halves), low_), high_);
  }

private:
  __m256i zero_point_;
  __m128i low_;
  __m128i high_;
};

/// An arithmetic's `finish` for up to eight channels.
template <typename Arithmetic> class Rescale;

template <> class Rescale<generic::Int8Arithmetic> {
public:
  Rescale(const generic::Int8Arithmetic &a, int channel, int count)
      : tables_(a, channel, count), narrow_(a) {}

  [[nodiscard]] __m128i operator()(__m256i sums) const {
    const __m256i scaled =
        doubling_high_mul(_mm256_add_epi32(sums, tables_.bias), tables_.multipliers);
    const __m256i away = _mm256_add_epi32(scaled, _mm256_srai_epi32(scaled, 31));
    const __m256i doubled =
        _mm256_add_epi32(_mm256_srav_epi32(away, tables_.shifts), _mm256_set1_epi32(1));
    return narrow_(_mm256_srai_epi32(doubled, 1));
  }

private:
  ChannelTables tables_;
  Narrow narrow_;
};

template <> class Rescale<generic::Int8WideArithmetic> {
public:
  Rescale(const generic::Int8WideArithmetic &a, int channel, int count)
      : tables_(a, channel, count), narrow_(a) {
    const __m256i zero = _mm256_setzero_si256();
    left_ = _mm256_max_epi32(tables_.shifts, zero);
    right_ = _mm256_max_epi32(_mm256_sub_epi32(zero, tables_.shifts), zero);
  }

  [[nodiscard]] __m128i operator()(__m256i sums) const {
    const __m256i shifted = _mm256_sllv_epi32(_mm256_add_epi32(sums, tables_.bias), left_);
    return narrow_(
        rounding_divide_by_power_of_two(doubling_high_mul(shifted, tables_.multipliers), right_));
  }

private:
  ChannelTables tables_;
  Narrow narrow_;
  __m256i left_;
  __m256i right_;
};

} // namespace tinyml::kernels::isa::avx2
