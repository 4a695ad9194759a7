// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"
#include "kernels/isa/dsp/instructions.hpp"
#include "kernels/isa/plain_finish.hpp"

namespace tinyml::kernels::isa {

/// See finish_tile_plain.
template <typename Arithmetic, typename Sums, typename T>
inline void finish_tile(const Arithmetic &arithmetic, const Sums &sums, int channel, int count,
                        int positions, T *output, int step) {
  finish_tile_plain(arithmetic, sums, channel, count, positions, output, step);
}

namespace dsp {

/// What Int8Arithmetic::finish computes, in seven instructions. Sums stay below 2^30, so they can
/// be doubled; the zero point is added before the last halving.
struct FastFinish {
  std::int32_t bias;
  std::int32_t multiplier;
  std::int32_t shift;
  std::int32_t twice_zero_plus_one;

  [[nodiscard]] std::int32_t operator()(std::int32_t sum) const {
    const std::int32_t scaled = rounded_high_product((sum + bias) * 2, multiplier);
    return saturated_half(((scaled + (scaled >> 31)) >> shift) + twice_zero_plus_one);
  }
};

/// The same for scales of 1/2 and more.
struct WideFinish {
  const generic::Int8WideArithmetic &arithmetic;
  generic::Int8WideArithmetic::Channel channel;

  [[nodiscard]] std::int32_t operator()(std::int32_t sum) const {
    return arithmetic.finish(sum, channel);
  }
};

[[nodiscard]] inline WideFinish finish_of(const generic::Int8WideArithmetic &arithmetic,
                                          int channel) {
  return {arithmetic, arithmetic.of_channel(channel)};
}
[[nodiscard]] inline FastFinish finish_of(const generic::Int8Arithmetic &arithmetic, int channel) {
  const auto c = arithmetic.of_channel(channel);
  return {c.bias, c.multiplier, c.shift, 2 * arithmetic.output_zero_point + 1};
}

} // namespace dsp

template <typename Sums>
inline void finish_tile(const generic::Int8Arithmetic &arithmetic, const Sums &sums, int channel,
                        int count, int positions, std::int8_t *output, int step) {
  for (int lane = 0; lane < count; ++lane) {
    const dsp::FastFinish finish = dsp::finish_of(arithmetic, channel + lane);
    std::int8_t *to = output + lane;
    for (int position = 0; position < positions; ++position, to += step) {
      *to = static_cast<std::int8_t>(
          clamp(finish(sums.at[position][lane]), arithmetic.low, arithmetic.high));
    }
  }
}

} // namespace tinyml::kernels::isa
