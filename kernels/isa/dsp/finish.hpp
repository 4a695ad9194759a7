// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"
#include "kernels/isa/dsp/instructions.hpp"
#include "kernels/isa/dsp/products.hpp"
#include "kernels/isa/plain_finish.hpp"

/// From sums to output elements.
namespace tinyml::kernels::isa {
namespace dsp {

/// What Int8Arithmetic::finish computes, in a few instructions, for one channel. Sums stay below
/// 2^30, so they can be doubled; the zero point is added before the last halving, which saturates.
class FastFinish {
public:
  FastFinish(const generic::Int8Arithmetic &arithmetic, int channel)
      : channel_(arithmetic.of_channel(channel)),
        twice_zero_plus_one_(2 * arithmetic.output_zero_point + 1), low_(arithmetic.low),
        high_(arithmetic.high), clamps_(low_ > -128 || high_ < 127) {}

  /// What a sum begins with.
  [[nodiscard]] std::int32_t start() const { return channel_.bias; }
  [[nodiscard]] std::int8_t operator()(std::int32_t sum) const {
    const std::int32_t scaled = rounded_high_product(sum * 2, channel_.multiplier);
    const std::int32_t byte =
        saturated_half(((scaled + (scaled >> 31)) >> channel_.shift) + twice_zero_plus_one_);
    return static_cast<std::int8_t>(clamps_ ? clamp(byte, low_, high_) : byte);
  }

private:
  generic::Int8Arithmetic::Channel channel_;
  std::int32_t twice_zero_plus_one_;
  std::int32_t low_;
  std::int32_t high_;
  bool clamps_; ///< most activations have all the range that int8 has
};

/// The same for scales of 1/2 and more.
class WideFinish {
public:
  WideFinish(const generic::Int8WideArithmetic &arithmetic, int channel)
      : arithmetic_(arithmetic), channel_(arithmetic.of_channel(channel)) {}

  [[nodiscard]] std::int32_t start() const { return 0; }
  [[nodiscard]] std::int8_t operator()(std::int32_t sum) const {
    return arithmetic_.finish(sum, channel_);
  }

private:
  const generic::Int8WideArithmetic &arithmetic_;
  generic::Int8WideArithmetic::Channel channel_;
};

[[nodiscard]] inline WideFinish finish_of(const generic::Int8WideArithmetic &arithmetic,
                                          int channel) {
  return {arithmetic, channel};
}
[[nodiscard]] inline FastFinish finish_of(const generic::Int8Arithmetic &arithmetic, int channel) {
  return {arithmetic, channel};
}

} // namespace dsp

/// See finish_tile_plain.
template <typename Arithmetic, typename Sums, typename T>
inline void finish_tile(const Arithmetic &arithmetic, const Sums &sums, int channel, int count,
                        int positions, T *output, int step) {
  finish_tile_plain(arithmetic, sums, channel, count, positions, output, step);
}

template <typename Sums>
inline void finish_tile(const generic::Int8Arithmetic &arithmetic, const Sums &sums, int channel,
                        int count, int positions, std::int8_t *output, int step) {
  for (int lane = 0; lane < count; ++lane) {
    const dsp::FastFinish finish(arithmetic, channel + lane);
    std::int8_t *to = output + lane;
    for (int position = 0; position < positions; ++position, to += step) {
      *to = finish(finish.start() + sums.at[position][lane]);
    }
  }
}

/// The whole of generic::multiply_all for four positions: sums begin with the bias and stay in
/// registers until they are bytes.
inline void multiply_all(const Patches<std::int8_t> &patches,
                         const generic::Int8Arithmetic &arithmetic, const std::int8_t *weights,
                         int channel, int channels, int positions, std::int8_t *output, int step) {
  for (const int last = channel + channels; channel < last; ++channel, ++output) {
    const dsp::FastFinish finish(arithmetic, channel);
    const dsp::FourSums sums = patches.multiply(weights, finish.start());
    weights += patches.tile_step();
    output[0] = finish(sums.a);
    if (positions == Patches<std::int8_t>::kPositions) {
      output[step] = finish(sums.b);
      output[2 * step] = finish(sums.c);
      output[3 * step] = finish(sums.d);
      continue;
    }
    if (positions > 1) {
      output[step] = finish(sums.b);
    }
    if (positions > 2) {
      output[2 * step] = finish(sums.c);
    }
  }
}

} // namespace tinyml::kernels::isa
