// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"
#include "kernels/isa/dsp/instructions.hpp"
#include "kernels/isa/dsp/products.hpp"
#include "kernels/isa/plain_finish.hpp"

/// From sums to output elements.
namespace tinyml::kernels::isa {
namespace dsp {

/// What Int8Arithmetic::finish computes, but for the clamping, in a few instructions. Sums begin
/// with the bias and stay below 2^30, so they can be doubled; the zero point is added before the
/// last halving, which saturates.
struct FastFinish {
  std::int32_t bias;
  std::int32_t multiplier;
  std::int32_t shift;
  std::int32_t twice_zero_plus_one;

  FastFinish(const generic::Int8Arithmetic &arithmetic, int channel)
      : twice_zero_plus_one(2 * arithmetic.output_zero_point + 1) {
    const auto c = arithmetic.of_channel(channel);
    bias = c.bias;
    multiplier = c.multiplier;
    shift = c.shift;
  }

  [[nodiscard]] std::int32_t start() const { return bias; }
  [[nodiscard]] std::int8_t operator()(std::int32_t sum) const {
    const std::int32_t scaled = rounded_high_product(sum * 2, multiplier);
    return static_cast<std::int8_t>(
        saturated_half(((scaled + (scaled >> 31)) >> shift) + twice_zero_plus_one));
  }
};

/// Most activations have all the range that int8 has; the others are clamped when their bytes are
/// written already.
inline void clamp_bytes(const generic::Int8Arithmetic &arithmetic, std::int8_t *bytes, int count,
                        int step) {
  if (arithmetic.low > -128 || arithmetic.high < 127) {
    for (; count > 0; --count, bytes += step) {
      *bytes = static_cast<std::int8_t>(clamp(*bytes, arithmetic.low, arithmetic.high));
    }
  }
}
inline void clamp_bytes(const generic::Int8WideArithmetic & /*clamps itself*/, std::int8_t *, int,
                        int) {}

/// Four sums of one channel to bytes, `step` apart.
inline void put_four(const FastFinish &finish, const FourSums &sums, std::int8_t *output,
                     int step) {
#if defined(__ARM_FEATURE_DSP)
#define TINYML_FINISH(sum)                                                                         \
  "lsl %[" sum "], %[" sum "], #1\n\t"                                                             \
  "smmulr %[" sum "], %[" sum "], %[multiplier]\n\t"                                               \
  "add %[" sum "], %[" sum "], %[" sum "], asr #31\n\t"                                            \
  "asr %[" sum "], %[" sum "], %[shift]\n\t"                                                       \
  "add %[" sum "], %[" sum "], %[zero]\n\t"                                                        \
  "ssat %[" sum "], #8, %[" sum "], asr #1\n\t"
  std::int32_t a = sums.a;
  std::int32_t b = sums.b;
  std::int32_t c = sums.c;
  std::int32_t d = sums.d;
  __asm__ volatile(TINYML_FINISH("a") "strb %[a], [%[output]]\n\t" TINYML_FINISH(
                       "b") "strb %[b], [%[output], %[step]]\n\t" TINYML_FINISH("c")
                       TINYML_FINISH("d") "strb %[c], [%[output], %[step], lsl #1]\n\t"
                                          "add %[a], %[output], %[step]\n\t"
                                          "strb %[d], [%[a], %[step], lsl #1]\n\t"
                   : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d)
                   : [multiplier] "r"(finish.multiplier), [shift] "r"(finish.shift),
                     [zero] "r"(finish.twice_zero_plus_one), [output] "r"(output), [step] "r"(step)
                   : "memory");
#undef TINYML_FINISH
#else
  output[0] = finish(sums.a);
  output[step] = finish(sums.b);
  output[2 * step] = finish(sums.c);
  output[3 * step] = finish(sums.d);
#endif
}

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
    dsp::clamp_bytes(arithmetic, output + lane, positions, step);
  }
}

/// The whole of generic::multiply_all for four positions. The last group may be smaller: its bytes
/// make a detour.
inline void multiply_all(const Patches<std::int8_t> &patches,
                         const generic::Int8Arithmetic arithmetic, const std::int8_t *weights,
                         int channel, int channels, int positions, std::int8_t *output, int step) {
  const bool whole = positions == Patches<std::int8_t>::kPositions;
  for (const int last = channel + channels; channel < last; ++channel, ++output) {
    const dsp::FastFinish finish(arithmetic, channel);
    const dsp::FourSums sums = patches.multiply(weights, finish.start());
    weights += patches.tile_step();
    if (whole) {
      dsp::put_four(finish, sums, output, step);
    } else {
      std::int8_t bytes[4];
      dsp::put_four(finish, sums, bytes, 1);
      for (int position = 0; position < positions; ++position) {
        output[position * step] = bytes[position];
      }
    }
    dsp::clamp_bytes(arithmetic, output, positions, step);
  }
}

} // namespace tinyml::kernels::isa
