// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/window.hpp"
#include "kernels/isa/avx512vnni/finish.hpp"

/// One position of a depthwise convolution, sixteen channels at once.
namespace tinyml::kernels::isa {
namespace avx512vnni {

/// Sixteen channels under four taps, as products of bytes want them: byte 4 * channel + tap, plus
/// 128. First a 4 x 4 transposition of double words, then one of bytes in each quarter.
[[nodiscard]] inline __m512i interleave(__m128i a, __m128i b, __m128i c, __m128i d) {
  const __m256i front = _mm256_inserti128_si256(_mm256_castsi128_si256(a), b, 1);
  const __m256i back = _mm256_inserti128_si256(_mm256_castsi128_si256(c), d, 1);
  const __m512i taps = _mm512_inserti64x4(_mm512_castsi256_si512(front), back, 1);
  const __m512i words = _mm512_permutexvar_epi32(
      _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), taps);
  const __m128i bytes = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return plus_128(_mm512_shuffle_epi8(words, _mm512_broadcast_i32x4(bytes)));
}

/// The taps of one position. Those outside of the input read as padding.
class ByteTaps {
public:
  ByteTaps(const generic::Window &w, const std::int8_t *x, generic::Taps rows,
           generic::Taps columns, std::int8_t padding)
      : x_(x), row_step_(w.input_width * w.input_channels), pixel_step_(w.input_channels),
        rows_(rows), columns_(columns), padding_(_mm_set1_epi8(padding)) {}

  /// Sixteen channels from `channel` on of a tap inside.
  [[nodiscard]] __m128i whole(int row, int column, int channel) const {
    return _mm_loadu_si128(reinterpret_cast<const __m128i *>(
        x_ + (row - rows_.first) * row_step_ + (column - columns_.first) * pixel_step_ + channel));
  }
  /// Of any tap the channels in `lanes`; the others are padding.
  [[nodiscard]] __m128i some(int row, int column, int channel, __mmask16 lanes) const {
    const bool inside = row >= rows_.first && row < rows_.last && column >= columns_.first &&
                        column < columns_.last;
    const int offset = (row - rows_.first) * row_step_ + (column - columns_.first) * pixel_step_;
    return _mm_mask_loadu_epi8(padding_, inside ? lanes : __mmask16{0},
                               x_ + (inside ? offset : 0) + channel);
  }
  [[nodiscard]] __m128i padding() const { return padding_; }

private:
  const std::int8_t *x_;
  int row_step_;
  int pixel_step_;
  generic::Taps rows_;
  generic::Taps columns_;
  __m128i padding_;
};

/// Sums of sixteen channels over a 3 x 3 filter; `tap(row, column)` loads one.
template <typename Tap>
[[nodiscard]] inline __m512i sum_of_3x3(const Tap &tap, __m128i padding,
                                        const std::int8_t *weights) {
  const __m512i first = interleave(tap(0, 0), tap(0, 1), tap(0, 2), tap(1, 0));
  const __m512i second = interleave(tap(1, 1), tap(1, 2), tap(2, 0), tap(2, 1));
  const __m512i third = interleave(tap(2, 2), padding, padding, padding);
  __m512i sums = _mm512_dpbusd_epi32(_mm512_setzero_si512(), first, _mm512_loadu_si512(weights));
  sums = _mm512_dpbusd_epi32(sums, second, _mm512_loadu_si512(weights + 64));
  return _mm512_dpbusd_epi32(sums, third, _mm512_loadu_si512(weights + 128));
}

/// The same for a filter of any size.
[[nodiscard]] inline __m512i sum_of_window(const generic::Window &w, const ByteTaps &taps,
                                           int channel, __mmask16 lanes,
                                           const std::int8_t *weights) {
  __m512i sums = _mm512_setzero_si512();
  int row = 0;
  int column = 0;
  while (row < w.kernel_height) {
    __m128i block[4];
    for (__m128i &tap : block) {
      tap = taps.some(row, column, channel, lanes); // behind the last row: padding
      if (++column == w.kernel_width) {
        column = 0;
        ++row;
      }
    }
    sums = _mm512_dpbusd_epi32(sums, interleave(block[0], block[1], block[2], block[3]),
                               _mm512_loadu_si512(weights));
    weights += 64;
  }
  return sums;
}

} // namespace avx512vnni

/// See depthwise_position_plain; filters as kPacking says.
template <typename Layer>
inline void depthwise_position(const Layer &p, const std::int8_t *x, generic::Taps rows,
                               generic::Taps columns, std::int8_t *output) {
  const generic::Window &w = p.window;
  const bool is_3x3 = w.kernel_height == 3 && w.kernel_width == 3;
  const bool inside = rows.count() == w.kernel_height && columns.count() == w.kernel_width;
  const int tile_bytes = 16 * kPacking.int8_depthwise.padded_taps(w.kernel_height * w.kernel_width);
  const avx512vnni::ByteTaps taps(w, x, rows, columns, static_cast<std::int8_t>(-p.input_offset));
  const std::int8_t *weights = p.filter;
  for (int channel = 0; channel < w.input_channels; channel += 16, weights += tile_bytes) {
    const int left = w.input_channels - channel;
    const __mmask16 lanes = avx512vnni::first_lanes(left < 16 ? left : 16);
    avx512vnni::Int32Sums<1> sums;
    if (is_3x3 && inside && left >= 16) {
      sums.at[0] = avx512vnni::sum_of_3x3(
          [&](int row, int column) { return taps.whole(row, column, channel); }, taps.padding(),
          weights);
    } else if (is_3x3) {
      sums.at[0] = avx512vnni::sum_of_3x3(
          [&](int row, int column) { return taps.some(row, column, channel, lanes); },
          taps.padding(), weights);
    } else {
      sums.at[0] = avx512vnni::sum_of_window(w, taps, channel, lanes, weights);
    }
    finish_tile(p.arithmetic, sums, channel, left < 16 ? left : 16, 1, output + channel, 0);
  }
}

/// The same in float: taps inside alone, products rounded before they are added.
template <typename Layer>
inline void depthwise_position(const Layer &p, const float *x, generic::Taps rows,
                               generic::Taps columns, float *output) {
  const generic::Window &w = p.window;
  const float *tile = p.filter;
  for (int channel = 0; channel < w.input_channels; channel += 16) {
    const int left = w.input_channels - channel;
    const __mmask16 lanes = avx512vnni::first_lanes(left < 16 ? left : 16);
    avx512vnni::FloatSums<1> sums = {{_mm512_setzero_ps()}};
    for (int row = rows.first; row < rows.last; ++row) {
      const float *tap = x + channel + (row - rows.first) * w.input_width * w.input_channels;
      const float *weights = tile + (row * w.kernel_width + columns.first) * 16;
      for (int column = columns.first; column < columns.last; ++column) {
        sums.at[0] = _mm512_add_ps(
            sums.at[0], _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, tap), _mm512_loadu_ps(weights)));
        tap += w.input_channels;
        weights += 16;
      }
    }
    finish_tile(p.arithmetic, sums, channel, left < 16 ? left : 16, 1, output + channel, 0);
    tile += 16 * w.kernel_height * w.kernel_width;
  }
}

} // namespace tinyml::kernels::isa
