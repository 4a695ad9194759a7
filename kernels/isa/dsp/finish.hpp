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

  /// For sums that have begun with their bias.
  FastFinish(Multiplier scale, std::int32_t zero_point)
      : bias(0), multiplier(scale.value), shift(-1 - scale.shift),
        twice_zero_plus_one(2 * zero_point + 1) {}

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

/// The activation's range, where it is less than all of int8.
struct Limits {
  std::int32_t low;
  std::int32_t high;
};

/// Four sums of one channel to bytes, `step` apart.
template <bool Clamps>
inline void put_four(const FastFinish &finish, const FourSums &sums, const Limits &limits,
                     std::int8_t *output, int step) {
  std::int32_t a = sums.a;
  std::int32_t b = sums.b;
  std::int32_t c = sums.c;
  std::int32_t d = sums.d;
#if defined(__ARM_FEATURE_DSP)
#define TINYML_FINISH(sum)                                                                         \
  "lsl %[" sum "], %[" sum "], #1\n\t"                                                             \
  "smmulr %[" sum "], %[" sum "], %[multiplier]\n\t"                                               \
  "add %[" sum "], %[" sum "], %[" sum "], asr #31\n\t"                                            \
  "asr %[" sum "], %[" sum "], %[shift]\n\t"                                                       \
  "add %[" sum "], %[" sum "], %[zero]\n\t"                                                        \
  "ssat %[" sum "], #8, %[" sum "], asr #1\n\t"
  __asm__(TINYML_FINISH("a") TINYML_FINISH("b") TINYML_FINISH("c") TINYML_FINISH("d")
          : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d)
          : [multiplier] "r"(finish.multiplier), [shift] "r"(finish.shift),
            [zero] "r"(finish.twice_zero_plus_one));
#undef TINYML_FINISH
#else
  a = finish(a);
  b = finish(b);
  c = finish(c);
  d = finish(d);
#endif
  if constexpr (Clamps) {
    a = clamp(a, limits.low, limits.high);
    b = clamp(b, limits.low, limits.high);
    c = clamp(c, limits.low, limits.high);
    d = clamp(d, limits.low, limits.high);
  }
  output[0] = static_cast<std::int8_t>(a);
  output[step] = static_cast<std::int8_t>(b);
  output[2 * step] = static_cast<std::int8_t>(c);
  output[3 * step] = static_cast<std::int8_t>(d);
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

namespace dsp {

[[gnu::noinline]] inline void put_wide(const generic::Int8WideArithmetic &arithmetic,
                                       Multiplier multiplier, const FourSums &sums,
                                       std::int8_t *bytes) {
  const std::int32_t all[4] = {sums.a, sums.b, sums.c, sums.d};
  for (int position = 0; position < 4; ++position) {
    bytes[position] = requantize(all[position], multiplier, arithmetic.output_zero_point,
                                 arithmetic.low, arithmetic.high);
  }
}

/// Every filter at four positions. Weights and tables are walked by pointers: with the sums and
/// what finishes them they are all that has to be kept.
template <bool Clamps>
inline void multiply_all(const Patches<std::int8_t> &patches,
                         const generic::Int8Arithmetic &arithmetic, const std::int8_t *weights,
                         int channel, int last, std::int8_t *output, int step) {
  const Limits limits = {arithmetic.low, arithmetic.high};
  for (; channel < last; ++channel, ++output) {
    const FastFinish finish(arithmetic, channel);
    put_four<Clamps>(finish, patches.multiply(weights, finish.start()), limits, output, step);
    weights += patches.tile_step();
  }
}

} // namespace dsp

/// The whole of generic::multiply_all for four positions. The last group may be smaller: its bytes
/// make a detour.
inline void multiply_all(const Patches<std::int8_t> &patches,
                         const generic::Int8Arithmetic arithmetic, const std::int8_t *weights,
                         int channel, int channels, int positions, std::int8_t *output, int step) {
  const int last = channel + channels;
  if (positions != Patches<std::int8_t>::kPositions) {
    for (; channel < last; ++channel, ++output) {
      std::int8_t bytes[4];
      dsp::multiply_all<true>(patches, arithmetic, weights, channel, channel + 1, bytes, 1);
      weights += patches.tile_step();
      for (int position = 0; position < positions; ++position) {
        output[position * step] = bytes[position];
      }
    }
  } else if (arithmetic.low > -128 || arithmetic.high < 127) {
    dsp::multiply_all<true>(patches, arithmetic, weights, channel, last, output, step);
  } else {
    dsp::multiply_all<false>(patches, arithmetic, weights, channel, last, output, step);
  }
}

/// Scales of 1/2 and more and huge biases are rare even within a layer that has some: its other
/// channels take the short way.
inline void multiply_all(const Patches<std::int8_t> &patches,
                         const generic::Int8WideArithmetic arithmetic, const std::int8_t *weights,
                         int channel, int channels, int positions, std::int8_t *output, int step) {
  const dsp::Limits limits = {arithmetic.low, arithmetic.high};
  for (const int last = channel + channels; channel < last; ++channel, ++output) {
    const auto wide = arithmetic.of_channel(channel);
    const dsp::FourSums sums = patches.multiply(weights, wide.bias);
    weights += patches.tile_step();
    const bool whole = positions == Patches<std::int8_t>::kPositions;
    std::int8_t bytes[4];
    if (wide.multiplier.shift < 0 && wide.bias > -kSmallBias && wide.bias < kSmallBias) {
      const dsp::FastFinish finish(wide.multiplier, arithmetic.output_zero_point);
      dsp::put_four<true>(finish, sums, limits, whole ? output : bytes, whole ? step : 1);
      if (whole) {
        continue;
      }
    } else {
      dsp::put_wide(arithmetic, wide.multiplier, sums, bytes);
    }
    for (int position = 0; position < positions; ++position) {
      output[position * step] = bytes[position];
    }
  }
}

} // namespace tinyml::kernels::isa
