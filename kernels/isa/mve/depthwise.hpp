// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/mve/finish.hpp"
#include "kernels/isa/plain_depthwise.hpp"

namespace tinyml::kernels::isa {
namespace mve {

/// Four channels at once: the sum over the taps inside of (x + offset) * weight. `load` fetches
/// four inputs.
template <typename Load>
inline int32x4_t sum_taps(const std::int8_t *x, const std::int8_t *weights,
                          const DepthwiseTaps &taps, std::int32_t offset, const Load &load) {
  int32x4_t sums = vdupq_n_s32(0);
  for (int row = 0; row < taps.rows; ++row) {
    const std::int8_t *tap = x;
    const std::int8_t *factor = weights;
    for (int column = 0; column < taps.columns; ++column) {
      const int32x4_t value = vaddq_n_s32(load(tap), offset);
      sums = vaddq_s32(sums, vmulq_s32(value, vldrbq_s32(factor)));
      tap += taps.pixel_step;
      factor += 4;
    }
    x += taps.row_step;
    weights += taps.kernel_width * 4;
  }
  return sums;
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
  const std::int8_t *weights = p.filter + (rows.first * w.kernel_width + columns.first) * 4;
  int channel = 0;
  for (; channel + 4 <= channels; channel += 4) {
    const auto load = [](const std::int8_t *from) { return vldrbq_s32(from); };
    const int32x4_t sums = mve::sum_taps(x + channel, weights, inside, p.input_offset, load);
    mve::finish_four(p.arithmetic, sums, channel, 4, output + channel);
    weights += w.kernel_height * w.kernel_width * 4;
  }
  if (channel < channels) {
    const mve_pred16_t left = vctp32q(static_cast<std::uint32_t>(channels - channel));
    const auto load = [left](const std::int8_t *from) { return vldrbq_z_s32(from, left); };
    const int32x4_t sums = mve::sum_taps(x + channel, weights, inside, p.input_offset, load);
    mve::finish_four(p.arithmetic, sums, channel, channels - channel, output + channel);
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
