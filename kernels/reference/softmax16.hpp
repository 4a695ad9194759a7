// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/requantize.hpp"

/// Softmax of int16 by two tables of 512 steps, exp on [-10, 0] and 1 / (1 + x) on [0, 1], bit for
/// bit that of TensorFlow Lite Micro's reference kernel. The tables are made when a model is
/// compiled (softmax16_tables.hpp); this part is freestanding.
namespace tinyml::kernels {

inline constexpr int kSoftmaxTableEntries = 513;

struct Softmax16 {
  Multiplier input; ///< scale * beta in steps of 10 / 65535
  const std::int16_t *exponentials;
  const std::int16_t *reciprocals;
};

[[nodiscard]] constexpr Multiplier softmax16_multiplier(double beta, float input_scale) {
  return quantize_multiplier(static_cast<double>(input_scale) * beta / (10.0 / 65535.0));
}

/// Linear between the entries: nine bits choose one, seven interpolate.
[[nodiscard]] constexpr std::int16_t interpolated(std::int32_t x, const std::int16_t *table) {
  const std::int16_t *entry = table + 256 + (x >> 7);
  const std::int32_t slope = static_cast<std::int16_t>(entry[1] - entry[0]);
  return static_cast<std::int16_t>(entry[0] + ((slope * (x & 0x7F) + 64) >> 7));
}

[[nodiscard]] constexpr std::int16_t softmax16_exponential(const Softmax16 &p,
                                                           std::int32_t difference) {
  const std::int32_t scaled = multiply_by_quantized_multiplier(difference, p.input);
  return interpolated(clamp(scaled < -65535 ? -32768 : scaled + 32767, -32768, 32767),
                      p.exponentials);
}

/// 1 / sum as a fraction and how far its products are shifted right.
struct Share {
  std::int16_t fraction;
  std::int32_t right_shift;
};

[[nodiscard]] constexpr Share softmax16_share(const Softmax16 &p, std::int32_t sum) {
  const std::int32_t headroom = __builtin_clz(static_cast<std::uint32_t>(sum));
  const auto shifted = static_cast<std::int32_t>(
      ((static_cast<std::int64_t>(sum) << (headroom - 1)) + (1 << 13)) >> 14);
  const std::int32_t centred = clamp(shifted - ((1 << 15) + (1 << 16)), -32768, 32767);
  return {interpolated(centred, p.reciprocals), 31 - headroom};
}

/// `output` may be `input`. It has scale 2^-15.
inline void softmax16_row(const Softmax16 &p, std::int32_t count, const std::int16_t *input,
                          std::int16_t *output) {
  std::int16_t largest = input[0];
  for (std::int32_t i = 1; i < count; ++i) {
    largest = input[i] > largest ? input[i] : largest;
  }
  std::int32_t sum = 0;
  for (std::int32_t i = 0; i < count; ++i) {
    output[i] = softmax16_exponential(p, input[i] - largest);
    sum += output[i];
  }
  const Share share = softmax16_share(p, sum);
  const std::int32_t round = 1 << (share.right_shift - 1);
  for (std::int32_t i = 0; i < count; ++i) {
    const std::int32_t result = (output[i] * share.fraction + round) >> share.right_shift;
    output[i] = static_cast<std::int16_t>(clamp(result, 0, 32767));
  }
}

} // namespace tinyml::kernels
