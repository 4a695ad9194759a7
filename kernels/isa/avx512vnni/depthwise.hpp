// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/window.hpp"
#include "kernels/isa/avx512vnni/finish.hpp"

/// One row of outputs of a depthwise convolution, sixteen channels at once.
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

/// Up to sixteen neighbouring channels of the input rows under one row of outputs. What lies
/// outside of the input reads as padding.
class ChannelColumns {
public:
  ChannelColumns(const generic::Window &w, const std::int8_t *x, generic::Taps rows,
                 std::int8_t padding, __mmask16 lanes)
      : x_(x), rows_(rows), width_(w.input_width), pixel_step_(w.input_channels),
        row_step_(w.input_width * w.input_channels), lanes_(lanes),
        padding_(_mm_set1_epi8(padding)) {}

  [[nodiscard]] __m128i tap(int row, int column) const {
    if (row < rows_.first || row >= rows_.last || column < 0 || column >= width_) {
      return padding_;
    }
    const std::int8_t *from = x_ + (row - rows_.first) * row_step_ + column * pixel_step_;
    return lanes_ == 0xFFFF ? _mm_loadu_si128(reinterpret_cast<const __m128i *>(from))
                            : _mm_maskz_loadu_epi8(lanes_, from);
  }
  /// Four taps of a column, from `row` on.
  [[nodiscard]] __m512i four(int row, int column) const {
    return interleave(tap(row, column), tap(row + 1, column), tap(row + 2, column),
                      tap(row + 3, column));
  }
  /// The three taps of a column of a 3 x 3 filter.
  [[nodiscard]] __m512i three(int column) const {
    return interleave(tap(0, column), tap(1, column), tap(2, column), padding_);
  }

private:
  const std::int8_t *x_; ///< first channel of the first row inside
  generic::Taps rows_;
  int width_;
  int pixel_step_;
  int row_step_;
  __mmask16 lanes_;
  __m128i padding_;
};

/// Where a tile's outputs go.
template <typename Arithmetic> struct TileOutput {
  Rescale<Arithmetic> rescale;
  __mmask16 lanes;
  std::int8_t *to;
  int step;

  void put(__m512i sums) {
    store_lanes(to, lanes, rescale(sums));
    to += step;
  }
};

/// 3 x 3: neighbouring windows share columns.
template <int Stride, typename Output>
inline void slide_3x3(const ChannelColumns &columns, const generic::Window &w,
                      const std::int8_t *weights, Output output) {
  const __m512i left = _mm512_loadu_si512(weights);
  const __m512i middle = _mm512_loadu_si512(weights + 64);
  const __m512i right = _mm512_loadu_si512(weights + 128);
  int at = -w.pad_left;
  __m512i a = columns.three(at);
  __m512i b = columns.three(at + 1);
  for (int count = w.output_width; count > 0; --count, at += Stride) {
    const __m512i c = columns.three(at + 2);
    __m512i sums = _mm512_dpbusd_epi32(_mm512_setzero_si512(), a, left);
    sums = _mm512_dpbusd_epi32(sums, b, middle);
    output.put(_mm512_dpbusd_epi32(sums, c, right));
    a = Stride == 1 ? b : c;
    b = Stride == 1 ? c : columns.three(at + 3);
  }
}

/// A filter of any size and stride.
template <typename Output>
inline void slide(const ChannelColumns &columns, const generic::Window &w,
                  const std::int8_t *filter, Output output) {
  int at = -w.pad_left;
  for (int count = w.output_width; count > 0; --count, at += w.stride_width) {
    __m512i sums = _mm512_setzero_si512();
    const std::int8_t *weights = filter;
    for (int column = 0; column < w.kernel_width; ++column) {
      for (int row = 0; row < w.kernel_height; row += 4, weights += 64) {
        sums =
            _mm512_dpbusd_epi32(sums, columns.four(row, at + column), _mm512_loadu_si512(weights));
      }
    }
    output.put(sums);
  }
}

} // namespace avx512vnni

/// See depthwise_row_plain; filters as kPacking says.
template <typename Layer>
inline void depthwise_row(const Layer &p, const std::int8_t *x, generic::Taps rows,
                          std::int8_t *output) {
  const generic::Window w = p.window;
  const auto arithmetic = p.arithmetic;
  const auto padding = static_cast<std::int8_t>(-p.input_offset);
  const int tile_bytes = 16 * kPacking.int8_depthwise.padded_taps(w.kernel_height, w.kernel_width);
  const bool is_3x3 = w.kernel_height == 3 && w.kernel_width == 3;
  const std::int8_t *weights = p.filter;
  for (int channel = 0; channel < w.input_channels; channel += 16, weights += tile_bytes) {
    const int left = w.input_channels - channel;
    const __mmask16 lanes = avx512vnni::first_lanes(left < 16 ? left : 16);
    const avx512vnni::ChannelColumns columns(w, x + channel, rows, padding, lanes);
    const avx512vnni::TileOutput<std::decay_t<decltype(arithmetic)>> to = {
        {arithmetic, channel, lanes}, lanes, output + channel, w.input_channels};
    if (is_3x3 && w.stride_width == 1) {
      avx512vnni::slide_3x3<1>(columns, w, weights, to);
    } else if (is_3x3 && w.stride_width == 2) {
      avx512vnni::slide_3x3<2>(columns, w, weights, to);
    } else {
      avx512vnni::slide(columns, w, weights, to);
    }
  }
}

namespace avx512vnni {

/// Sixteen channels of one position, taps inside alone; products are rounded before they are added.
[[nodiscard]] inline __m512 sum_of_taps(const generic::Window &w, const float *x,
                                        generic::Taps rows, generic::Taps columns, __mmask16 lanes,
                                        const float *tile) {
  __m512 sums = _mm512_setzero_ps();
  for (int row = rows.first; row < rows.last; ++row, x += w.input_width * w.input_channels) {
    const float *tap = x;
    const float *weights = tile + (row * w.kernel_width + columns.first) * 16;
    for (int column = columns.first; column < columns.last; ++column, weights += 16) {
      sums = _mm512_add_ps(
          sums, _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, tap), _mm512_loadu_ps(weights)));
      tap += w.input_channels;
    }
  }
  return sums;
}

} // namespace avx512vnni

/// The same in float, position by position.
template <typename Layer>
inline void depthwise_row(const Layer &p, const float *x, generic::Taps rows, float *output) {
  const generic::Window &w = p.window;
  const int channels = w.input_channels;
  int start = -w.pad_left;
  for (int count = w.output_width; count > 0; --count, start += w.stride_width) {
    const generic::Taps columns = generic::taps_inside(start, w.kernel_width, w.input_width);
    const float *corner = x + (start + columns.first) * channels;
    const float *tile = p.filter;
    for (int channel = 0; channel < channels; channel += 16) {
      const int lanes = channels - channel < 16 ? channels - channel : 16;
      const avx512vnni::FloatSums<1> sums = {{avx512vnni::sum_of_taps(
          w, corner + channel, rows, columns, avx512vnni::first_lanes(lanes), tile)}};
      finish_tile(p.arithmetic, sums, channel, lanes, 1, output + channel, 0);
      tile += 16 * w.kernel_height * w.kernel_width;
    }
    output += channels;
  }
}

} // namespace tinyml::kernels::isa
