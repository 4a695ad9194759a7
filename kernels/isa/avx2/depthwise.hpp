// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/window.hpp"
#include "kernels/isa/avx2/finish.hpp"

/// One row of outputs of a depthwise convolution, eight channels at once.
namespace tinyml::kernels::isa {
namespace avx2 {

/// Up to eight neighbouring channels of the input rows under one row of outputs. What lies outside
/// of the input reads as padding.
class ChannelColumns {
public:
  ChannelColumns(const generic::Window &w, const std::int8_t *x, generic::Taps rows,
                 std::int8_t padding, int lanes)
      : x_(x), rows_(rows), width_(w.input_width), pixel_step_(w.input_channels),
        row_step_(w.input_width * w.input_channels), lanes_(lanes),
        padding_(_mm_set1_epi8(padding)) {}

  [[nodiscard]] __m128i tap(int row, int column) const {
    if (row < rows_.first || row >= rows_.last || column < 0 || column >= width_) {
      return padding_;
    }
    return load_bytes(x_ + (row - rows_.first) * row_step_ + column * pixel_step_, lanes_);
  }
  /// Two taps of a column, from `row` on: of every channel one half beside the other.
  [[nodiscard]] __m256i two(int row, int column) const {
    return _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(tap(row, column), tap(row + 1, column)));
  }

private:
  const std::int8_t *x_; ///< first channel of the first row inside
  generic::Taps rows_;
  int width_;
  int pixel_step_;
  int row_step_;
  int lanes_;
  __m128i padding_;
};

/// Where a tile's outputs go.
template <typename Arithmetic> struct TileOutput {
  Rescale<Arithmetic> rescale;
  int lanes;
  std::int8_t *to;
  int step;

  void put(__m256i sums) {
    store_bytes(to, lanes, rescale(sums));
    to += step;
  }
};

/// A column of a 3 x 3 filter and of the input under it: the rows 0 and 1, then 2 and nothing.
struct ThreeTaps {
  __m256i upper;
  __m256i lower;

  [[nodiscard]] static ThreeTaps of_input(const ChannelColumns &columns, int column) {
    return {columns.two(0, column), columns.two(2, column)};
  }
  [[nodiscard]] static ThreeTaps of_filter(const std::int8_t *weights) {
    return {widened(weights), widened(weights + 16)};
  }
  [[nodiscard]] __m256i times(const ThreeTaps &other) const {
    return _mm256_add_epi32(_mm256_madd_epi16(upper, other.upper),
                            _mm256_madd_epi16(lower, other.lower));
  }
};

/// 3 x 3: neighbouring windows share columns.
template <int Stride, typename Output>
inline void slide_3x3(const ChannelColumns &columns, const generic::Window &w,
                      const std::int8_t *weights, Output output) {
  const ThreeTaps left = ThreeTaps::of_filter(weights);
  const ThreeTaps middle = ThreeTaps::of_filter(weights + 32);
  const ThreeTaps right = ThreeTaps::of_filter(weights + 64);
  int at = -w.pad_left;
  ThreeTaps a = ThreeTaps::of_input(columns, at);
  ThreeTaps b = ThreeTaps::of_input(columns, at + 1);
  for (int count = w.output_width; count > 0; --count, at += Stride) {
    const ThreeTaps c = ThreeTaps::of_input(columns, at + 2);
    output.put(_mm256_add_epi32(_mm256_add_epi32(a.times(left), b.times(middle)), c.times(right)));
    a = Stride == 1 ? b : c;
    b = Stride == 1 ? c : ThreeTaps::of_input(columns, at + 3);
  }
}

/// A filter of any size and stride.
template <typename Output>
inline void slide(const ChannelColumns &columns, const generic::Window &w,
                  const std::int8_t *filter, Output output) {
  int at = -w.pad_left;
  for (int count = w.output_width; count > 0; --count, at += w.stride_width) {
    __m256i sums = _mm256_setzero_si256();
    const std::int8_t *weights = filter;
    for (int column = 0; column < w.kernel_width; ++column) {
      for (int row = 0; row < w.kernel_height; row += 2, weights += 16) {
        sums = _mm256_add_epi32(sums,
                                _mm256_madd_epi16(columns.two(row, at + column), widened(weights)));
      }
    }
    output.put(sums);
  }
}

} // namespace avx2

/// See depthwise_row_plain; filters as kPacking says.
template <typename Layer>
inline void depthwise_row(const Layer &p, const std::int8_t *x, generic::Taps rows,
                          std::int8_t *output) {
  const generic::Window w = p.window;
  const auto arithmetic = p.arithmetic;
  const auto padding = static_cast<std::int8_t>(-p.input_offset);
  const int tile_bytes = 8 * kPacking.int8_depthwise.padded_taps(w.kernel_height, w.kernel_width);
  const bool is_3x3 = w.kernel_height == 3 && w.kernel_width == 3;
  const std::int8_t *weights = p.filter;
  for (int channel = 0; channel < w.input_channels; channel += 8, weights += tile_bytes) {
    const int left = w.input_channels - channel;
    const int lanes = left < 8 ? left : 8;
    const avx2::ChannelColumns columns(w, x + channel, rows, padding, lanes);
    const avx2::TileOutput<std::decay_t<decltype(arithmetic)>> to = {
        {arithmetic, channel, lanes}, lanes, output + channel, w.input_channels};
    if (is_3x3 && w.stride_width == 1) {
      avx2::slide_3x3<1>(columns, w, weights, to);
    } else if (is_3x3 && w.stride_width == 2) {
      avx2::slide_3x3<2>(columns, w, weights, to);
    } else {
      avx2::slide(columns, w, weights, to);
    }
  }
}

namespace avx2 {

/// Eight channels of one position, taps inside alone; products are rounded before they are added.
[[nodiscard]] inline __m256 sum_of_taps(const generic::Window &w, const float *x,
                                        generic::Taps rows, generic::Taps columns, int lanes,
                                        const float *tile) {
  __m256 sums = _mm256_setzero_ps();
  for (int row = rows.first; row < rows.last; ++row, x += w.input_width * w.input_channels) {
    const float *tap = x;
    const float *weights = tile + (row * w.kernel_width + columns.first) * 8;
    for (int column = columns.first; column < columns.last; ++column, weights += 8) {
      sums = _mm256_add_ps(sums, _mm256_mul_ps(load_floats(tap, lanes), _mm256_loadu_ps(weights)));
      tap += w.input_channels;
    }
  }
  return sums;
}

} // namespace avx2

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
    for (int channel = 0; channel < channels; channel += 8) {
      const int lanes = channels - channel < 8 ? channels - channel : 8;
      avx2::finish_floats(p.arithmetic,
                          avx2::sum_of_taps(w, corner + channel, rows, columns, lanes, tile),
                          channel, lanes, output + channel);
      tile += 8 * w.kernel_height * w.kernel_width;
    }
    output += channels;
  }
}

} // namespace tinyml::kernels::isa
