// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/mve/finish.hpp"
#include "kernels/isa/plain_depthwise.hpp"

namespace tinyml::kernels::isa {
namespace mve {

/// Sums of eight channels: those with even numbers and those with odd ones, as widening products
/// leave them.
struct EightSums {
  int32x4_t even, odd;
};

/// The sum over the taps inside of (x + offset) * weight; both factors fit into 16 bits, and so
/// does their product. `load` fetches eight inputs.
template <typename Load>
inline EightSums sum_taps(const std::int8_t *x, const std::int8_t *weights,
                          const DepthwiseTaps &taps, std::int16_t offset, const Load &load) {
  EightSums sums = {vdupq_n_s32(0), vdupq_n_s32(0)};
  for (int row = 0; row < taps.rows; ++row) {
    const std::int8_t *tap = x;
    const std::int8_t *factor = weights;
    for (int column = 0; column < taps.columns; ++column) {
      const int16x8_t value = vaddq_n_s16(load(tap), offset);
      const int16x8_t weight = vldrbq_s16(factor);
      sums.even = vaddq_s32(sums.even, vmullbq_int_s16(value, weight));
      sums.odd = vaddq_s32(sums.odd, vmulltq_int_s16(value, weight));
      tap += taps.pixel_step;
      factor += 8;
    }
    x += taps.row_step;
    weights += taps.kernel_width * 8;
  }
  return sums;
}

/// Eight neighbouring channels; the tables are taken apart like the sums.
template <typename Arithmetic>
inline void finish_eight(const Arithmetic &arithmetic, const EightSums &sums, int channel,
                         std::int8_t *output) {
  const int32x4x2_t bias = vld2q_s32(arithmetic.bias + channel);
  FourChannels even = one_for_all(arithmetic, bias.val[0]);
  FourChannels odd = one_for_all(arithmetic, bias.val[1]);
  if (arithmetic.table_step != 0) {
    const int32x4x2_t multipliers = vld2q_s32(arithmetic.multipliers + channel);
    const int16x8_t shifts = vldrbq_s16(arithmetic.shifts + channel);
    even = {bias.val[0], multipliers.val[0], vmovlbq_s16(shifts)};
    odd = {bias.val[1], multipliers.val[1], vmovltq_s16(shifts)};
  }
  int16x8_t bytes = vdupq_n_s16(0);
  bytes = vmovnbq_s32(bytes, finish(arithmetic, even, sums.even));
  bytes = vmovntq_s32(bytes, finish(arithmetic, odd, sums.odd));
  vstrbq_s16(output, bytes);
}

/// The last channels, when they are fewer than eight.
template <typename Arithmetic>
inline void finish_last(const Arithmetic &arithmetic, const EightSums &sums, int channel, int count,
                        std::int8_t *output) {
  std::int32_t all[8];
  const int32x4x2_t halves = {{sums.even, sums.odd}};
  vst2q_s32(all, halves);
  finish_four(arithmetic, vldrwq_s32(all), channel, count, output);
  if (count > 4) {
    finish_four(arithmetic, vldrwq_s32(all + 4), channel + 4, count - 4, output + 4);
  }
}

} // namespace mve

/// All channels of one position; `x` is the first tap inside.
template <typename Layer>
inline void depthwise_position(const Layer &p, const std::int8_t *x, generic::Taps rows,
                               generic::Taps columns, std::int8_t *output) {
  const generic::Window &w = p.window;
  const int channels = w.input_channels;
  const DepthwiseTaps inside = {rows.count(), columns.count(), w.input_width * channels, channels,
                                w.kernel_width};
  const std::int8_t *weights = p.filter + (rows.first * w.kernel_width + columns.first) * 8;
  int channel = 0;
  for (; channel + 8 <= channels; channel += 8) {
    const auto load = [](const std::int8_t *from) { return vldrbq_s16(from); };
    mve::finish_eight(p.arithmetic,
                      mve::sum_taps(x + channel, weights, inside, p.input_offset, load), channel,
                      output + channel);
    weights += w.kernel_height * w.kernel_width * 8;
  }
  if (channel < channels) {
    const int left = channels - channel;
    const mve_pred16_t some = vctp16q(static_cast<std::uint32_t>(left));
    const auto load = [some](const std::int8_t *from) { return vldrbq_z_s16(from, some); };
    mve::finish_last(p.arithmetic,
                     mve::sum_taps(x + channel, weights, inside, p.input_offset, load), channel,
                     left, output + channel);
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
