// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_depthwise.hpp"
#include "kernels/isa/rvv/finish.hpp"

namespace tinyml::kernels::isa {
namespace rvv {

/// sums[channel] = the sum over the taps inside of (x + offset) * weight, for up to sixteen
/// neighbouring channels; both factors fit into 16 bits.
inline void multiply_taps(std::int32_t *sums, const std::int8_t *x, const std::int8_t *weights,
                          const DepthwiseTaps &taps, long offset, long count) {
  const long weight_row = long{taps.kernel_width} * 16;
  long rows = taps.rows;
  long columns;
  const std::int8_t *tap;
  const std::int8_t *factor;
  __asm__ volatile(TINYML_RVV("vsetvli zero, %[count], e32, m4, ta, ma\n"
                              "vmv.v.i v8, 0\n"
                              "vsetvli zero, %[count], e16, m2, ta, ma\n"
                              "1: mv %[tap], %[x]\n"
                              "mv %[factor], %[w]\n"
                              "mv %[columns], %[all]\n"
                              "2: vle8.v v1, (%[tap])\n"
                              "vle8.v v2, (%[factor])\n"
                              "vsext.vf2 v4, v1\n"
                              "vsext.vf2 v6, v2\n"
                              "vadd.vx v4, v4, %[offset]\n"
                              "add %[tap], %[tap], %[pixel]\n"
                              "addi %[factor], %[factor], 16\n"
                              "vwmacc.vv v8, v4, v6\n"
                              "addi %[columns], %[columns], -1\n"
                              "bnez %[columns], 2b\n"
                              "add %[x], %[x], %[row]\n"
                              "add %[w], %[w], %[wrow]\n"
                              "addi %[rows], %[rows], -1\n"
                              "bnez %[rows], 1b\n"
                              "vsetvli zero, %[count], e32, m4, ta, ma\n"
                              "vse32.v v8, (%[sums])\n")
                   : [x] "+r"(x), [w] "+r"(weights), [rows] "+r"(rows), [columns] "=&r"(columns),
                     [tap] "=&r"(tap), [factor] "=&r"(factor)
                   : [sums] "r"(sums), [all] "r"(long{taps.columns}),
                     [pixel] "r"(long{taps.pixel_step}), [row] "r"(long{taps.row_step}),
                     [wrow] "r"(weight_row), [offset] "r"(offset), [count] "r"(count)
                   : "memory");
}

} // namespace rvv

/// All channels of one position; `x` is the first tap inside.
template <typename Layer>
inline void depthwise_position(const Layer &p, const std::int8_t *x, generic::Taps rows,
                               generic::Taps columns, std::int8_t *output) {
  constexpr int kTile = 16;
  const generic::Window &w = p.window;
  const int channels = w.input_channels;
  const DepthwiseTaps inside = {rows.count(), columns.count(), w.input_width * channels, channels,
                                w.kernel_width};
  const std::int8_t *weights = p.filter + (rows.first * w.kernel_width + columns.first) * kTile;
  for (int channel = 0; channel < channels; channel += kTile) {
    const int count = channels - channel < kTile ? channels - channel : kTile;
    Sums<std::int32_t, 1, kTile> sums;
    if (inside.rows > 0 && inside.columns > 0) {
      rvv::multiply_taps(sums.at[0], x + channel, weights, inside, p.input_offset, count);
    } else {
      sums = {};
    }
    finish_tile(p.arithmetic, sums, channel, count, 1, output + channel, 0);
    weights += w.kernel_height * w.kernel_width * kTile;
  }
}

/// See depthwise_row_plain.
template <typename Layer>
inline void depthwise_row(const Layer &p, const float *x, generic::Taps rows, float *output) {
  depthwise_row_plain<4>(p, x, rows, output);
}

template <typename Layer>
inline void depthwise_row(const Layer &p, const std::int8_t *x, generic::Taps rows,
                          std::int8_t *output) {
  const generic::Window &w = p.window;
  for (int column = 0, left = -w.pad_left; column < w.output_width;
       ++column, left += w.stride_width) {
    const generic::Taps columns = generic::taps_inside(left, w.kernel_width, w.input_width);
    depthwise_position(p, x + (left + columns.first) * w.input_channels, rows, columns, output);
    output += w.input_channels;
  }
}

} // namespace tinyml::kernels::isa
