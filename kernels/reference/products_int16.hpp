// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/depthwise_conv2d.hpp"
#include "kernels/reference/fully_connected.hpp"

/// Convolutions and fully connected layers with int16 data, zero point 0, and int8 weights.
namespace tinyml::kernels::reference {

/// How sums become outputs: in 64 bits with one rounding, or, as models with 32-bit biases want it,
/// in 32 bits (wrapping around) with two.
struct Int16Output {
  const Multiplier *multipliers; ///< one an output channel
  bool wide;
  std::int32_t low = -32768, high = 32767;

  [[nodiscard]] std::int16_t operator()(std::int64_t sum, std::int32_t channel) const {
    const Multiplier m = multipliers[channel];
    const auto narrow = static_cast<std::int32_t>(static_cast<std::uint32_t>(sum));
    const std::int32_t scaled = wide ? multiply_wide(sum, fraction16(m), m.shift)
                                     : multiply_by_quantized_multiplier(narrow, m);
    return static_cast<std::int16_t>(clamp(scaled, low, high));
  }
};

/// `bias` may be null.
inline void conv2d(const Conv2dShape &s, const std::int16_t *x, const std::int8_t *filter,
                   const std::int64_t *bias, const Int16Output &output, std::int16_t *out) {
  for_each_element(s.out, [&](std::int32_t n, std::int32_t oy, std::int32_t ox, std::int32_t oc) {
    const auto sum = conv2d_sum<std::int64_t>(s, n, oy, ox, oc, x, filter, std::int64_t{0});
    *out++ = output(bias != nullptr ? sum + bias[oc] : sum, oc);
  });
}

inline void depthwise_conv2d(const Conv2dShape &s, const std::int16_t *x, const std::int8_t *filter,
                             const std::int64_t *bias, const Int16Output &output,
                             std::int16_t *out) {
  for_each_element(s.out, [&](std::int32_t n, std::int32_t oy, std::int32_t ox, std::int32_t oc) {
    const auto sum = depthwise_sum<std::int64_t>(s, n, oy, ox, oc, x, filter, std::int64_t{0});
    *out++ = output(bias != nullptr ? sum + bias[oc] : sum, oc);
  });
}

inline void fully_connected(const FullyConnectedShape &s, const std::int16_t *x,
                            const std::int8_t *weights, const std::int64_t *bias,
                            const Int16Output &output, std::int16_t *out) {
  for (std::int64_t r = 0; r < s.rows; ++r) {
    for (std::int32_t n = 0; n < s.outputs; ++n) {
      const std::int8_t *row = weights + static_cast<std::int64_t>(n) * s.inputs;
      const auto sum = dot<std::int64_t>(x + r * s.inputs, row, s.inputs, std::int64_t{0});
      *out++ = output(bias != nullptr ? sum + bias[n] : sum, n);
    }
  }
}

} // namespace tinyml::kernels::reference
