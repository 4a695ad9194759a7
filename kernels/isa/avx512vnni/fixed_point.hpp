// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"
#include "kernels/isa/avx512vnni/vectors.hpp"

/// The fixed-point arithmetic of int8 inference on sixteen sums at once, bit for bit that of
/// kernels/generic/arithmetic.hpp.
namespace tinyml::kernels::isa::avx512vnni {

/// (x * multiplier + 2^30) >> 31: 64-bit products of the even lanes, then of the odd ones.
[[nodiscard]] inline __m512i doubling_high_mul(__m512i x, __m512i multiplier) {
  const __m512i half = _mm512_set1_epi64(std::int64_t{1} << 30);
  const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(x, multiplier), half);
  const __m512i odd = _mm512_add_epi64(
      _mm512_mul_epi32(_mm512_srli_epi64(x, 32), _mm512_srli_epi64(multiplier, 32)), half);
  return _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
}

/// round(x / 2^exponent), halves away from zero.
[[nodiscard]] inline __m512i rounding_divide_by_power_of_two(__m512i x, __m512i exponent) {
  const __m512i one = _mm512_set1_epi32(1);
  const __m512i mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, exponent), one);
  const __m512i threshold = _mm512_add_epi32(_mm512_srli_epi32(mask, 1), _mm512_srli_epi32(x, 31));
  const __mmask16 up = _mm512_cmpgt_epi32_mask(_mm512_and_si512(x, mask), threshold);
  const __m512i quotient = _mm512_srav_epi32(x, exponent);
  return _mm512_mask_add_epi32(quotient, up, quotient, one);
}

/// What an arithmetic's tables say of up to sixteen channels.
struct ChannelTables {
  __m512i bias;
  __m512i multipliers;
  __m512i shifts;

  template <typename Arithmetic>
  ChannelTables(const Arithmetic &a, int channel, __mmask16 lanes)
      : bias(_mm512_maskz_loadu_epi32(lanes, a.bias + channel)) {
    if (a.table_step != 0) {
      multipliers = _mm512_maskz_loadu_epi32(lanes, a.multipliers + channel);
      shifts = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(lanes, a.shifts + channel));
    } else {
      multipliers = _mm512_set1_epi32(a.multipliers[0]);
      shifts = _mm512_set1_epi32(a.shifts[0]);
    }
  }
};

/// Adds the zero point and brings int32 into the range of an activation.
class Narrow {
public:
  template <typename Arithmetic>
  explicit Narrow(const Arithmetic &a)
      : zero_point_(_mm512_set1_epi32(a.output_zero_point)), low_(_mm_set1_epi8(a.low)),
        high_(_mm_set1_epi8(a.high)) {}

  [[nodiscard]] __m128i operator()(__m512i x) const {
    const __m128i bytes = _mm512_cvtsepi32_epi8(_mm512_add_epi32(x, zero_point_));
    return _mm_min_epi8(_mm_max_epi8(bytes, low_), high_);
  }

private:
  __m512i zero_point_;
  __m128i low_;
  __m128i high_;
};

/// An arithmetic's `finish` for up to sixteen channels.
template <typename Arithmetic> class Rescale;

template <> class Rescale<generic::Int8Arithmetic> {
public:
  Rescale(const generic::Int8Arithmetic &a, int channel, __mmask16 lanes)
      : tables_(a, channel, lanes), narrow_(a) {}

  [[nodiscard]] __m128i operator()(__m512i sums) const {
    const __m512i scaled =
        doubling_high_mul(_mm512_add_epi32(sums, tables_.bias), tables_.multipliers);
    const __m512i away = _mm512_add_epi32(scaled, _mm512_srai_epi32(scaled, 31));
    const __m512i doubled =
        _mm512_add_epi32(_mm512_srav_epi32(away, tables_.shifts), _mm512_set1_epi32(1));
    return narrow_(_mm512_srai_epi32(doubled, 1));
  }

private:
  ChannelTables tables_;
  Narrow narrow_;
};

template <> class Rescale<generic::Int8WideArithmetic> {
public:
  Rescale(const generic::Int8WideArithmetic &a, int channel, __mmask16 lanes)
      : tables_(a, channel, lanes), narrow_(a) {
    const __m512i zero = _mm512_setzero_si512();
    left_ = _mm512_max_epi32(tables_.shifts, zero);
    right_ = _mm512_max_epi32(_mm512_sub_epi32(zero, tables_.shifts), zero);
  }

  [[nodiscard]] __m128i operator()(__m512i sums) const {
    const __m512i shifted = _mm512_sllv_epi32(_mm512_add_epi32(sums, tables_.bias), left_);
    return narrow_(
        rounding_divide_by_power_of_two(doubling_high_mul(shifted, tables_.multipliers), right_));
  }

private:
  ChannelTables tables_;
  Narrow narrow_;
  __m512i left_;
  __m512i right_;
};

} // namespace tinyml::kernels::isa::avx512vnni
