// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/shapes.hpp"

#include <cmath>

/// Operators on one element at a time.
namespace tinyml::kernels::reference {

inline void clip(std::int64_t count, const float *x, FloatClamp clamp, float *out) {
  std::transform(x, x + count, out, clamp);
}

template <typename T>
void clip(std::int64_t count, const T *x, std::int32_t low, std::int32_t high, T *out) {
  std::transform(x, x + count, out,
                 [=](T value) { return static_cast<T>(kernels::clamp(value, low, high)); });
}

inline void sigmoid(std::int64_t count, const float *x, float *out) {
  std::transform(x, x + count, out, [](float value) { return 1.0F / (1.0F + std::exp(-value)); });
}

inline void tanh(std::int64_t count, const float *x, float *out) {
  std::transform(x, x + count, out, [](float value) { return std::tanh(value); });
}

/// `table` has 256 entries: entry i is the output of code i - 128.
inline void lookup(std::int64_t count, const std::int8_t *x, const std::int8_t *table,
                   std::int8_t *out) {
  std::transform(x, x + count, out, [=](std::int8_t code) { return table[code + 128]; });
}

/// Rounds halves away from zero and saturates; what is not a number becomes the zero point.
template <typename T>
void quantize(std::int64_t count, const float *x, float scale, std::int32_t zero_point, T *out) {
  std::transform(x, x + count, out, [=](float value) {
    const float scaled = std::round(value / scale);
    const float limited = std::isnan(scaled) ? 0.0F : std::min(std::max(scaled, -1e6F), 1e6F);
    return static_cast<T>(kernels::clamp(static_cast<std::int32_t>(limited) + zero_point,
                                         std::numeric_limits<T>::min(),
                                         std::numeric_limits<T>::max()));
  });
}

/// One scale for `run` consecutive elements, then the next, cyclically over `scales` entries.
template <typename T>
void dequantize(std::int64_t count, std::int64_t run, std::int64_t scales, const T *x,
                const float *scale, const std::int32_t *zero_point, float *out) {
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t c = i / run % scales;
    const std::int64_t shifted = static_cast<std::int64_t>(x[i]) - zero_point[c];
    out[i] = scale[c] * static_cast<float>(shifted);
  }
}

/// `multiplier` is input scale / output scale.
template <typename From, typename To>
void requantize(std::int64_t count, const From *x, std::int32_t x_zero, Multiplier multiplier,
                std::int32_t zero_point, To *out) {
  std::transform(x, x + count, out, [=](From value) {
    const std::int32_t scaled = multiply_by_quantized_multiplier(value - x_zero, multiplier);
    return static_cast<To>(kernels::clamp(scaled + zero_point, std::numeric_limits<To>::min(),
                                          std::numeric_limits<To>::max()));
  });
}

/// One value per channel in each array; a channel has `inner` consecutive elements.
struct BatchNormShape {
  std::int64_t outer, channels, inner;
};

inline void batch_norm(const BatchNormShape &s, const float *x, const float *scale,
                       const float *bias, const float *mean, const float *variance, float epsilon,
                       float *out) {
  for (std::int64_t i = 0; i < s.outer * s.channels * s.inner; ++i) {
    const std::int64_t c = i / s.inner % s.channels;
    out[i] = (x[i] - mean[c]) / std::sqrt(variance[c] + epsilon) * scale[c] + bias[c];
  }
}

} // namespace tinyml::kernels::reference
