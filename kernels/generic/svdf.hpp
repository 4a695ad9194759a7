// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/clamp_float.hpp"
#include "kernels/reference/requantize.hpp"

namespace tinyml::kernels::generic {

/// Every filter keeps its last `memory` products with the input and weighs them in time; `rank`
/// filters make a unit. S is the type of state and time weights: float, int8 or int16.
template <typename S> struct Svdf {
  std::int32_t batches;
  std::int32_t inputs;
  std::int32_t units;
  std::int32_t rank;
  std::int32_t memory;
  const std::int8_t *feature; ///< [filters, inputs]
  const S *time;              ///< [filters, memory]
  const std::int32_t *bias;   ///< one a unit, or null
  Multiplier to_state;
  Multiplier to_output;
  std::int16_t input_zero_point;
  std::int16_t state_zero_point;
  std::int16_t output_zero_point;
};

template <> struct Svdf<float> {
  std::int32_t batches;
  std::int32_t inputs;
  std::int32_t units;
  std::int32_t rank;
  std::int32_t memory;
  const float *feature;
  const float *time;
  const float *bias;
  float low; ///< range of the activation
  float high;
};

/// Drops the oldest product of a filter and puts the newest behind the others.
template <typename S> inline void remember(S *state, std::int32_t memory, S newest) {
  for (std::int32_t i = 1; i < memory; ++i) {
    state[i - 1] = state[i];
  }
  state[memory - 1] = newest;
}

template <typename S>
[[nodiscard]] inline S svdf_product(const Svdf<S> &p, const std::int8_t *input,
                                    const std::int8_t *weights) {
  std::int32_t sum = 0;
  for (std::int32_t i = 0; i < p.inputs; ++i) {
    sum += weights[i] * (input[i] - p.input_zero_point);
  }
  return static_cast<S>(
      clamp(multiply_by_quantized_multiplier(sum, p.to_state) + p.state_zero_point,
            std::numeric_limits<S>::min(), std::numeric_limits<S>::max()));
}

[[nodiscard]] inline float svdf_product(const Svdf<float> &p, const float *input,
                                        const float *weights) {
  float sum = 0;
  for (std::int32_t i = 0; i < p.inputs; ++i) {
    sum += weights[i] * input[i];
  }
  return sum;
}

/// One unit, whose filters have their newest products in `state`. Sums wrap around.
template <typename S>
[[nodiscard]] inline std::int8_t svdf_output(const Svdf<S> &p, std::int32_t unit, const S *time,
                                             const S *state) {
  auto sum = static_cast<std::uint32_t>(p.bias != nullptr ? p.bias[unit] : 0);
  for (std::int32_t i = 0; i < p.rank * p.memory; ++i) {
    sum += static_cast<std::uint32_t>(time[i] * (state[i] - p.state_zero_point));
  }
  return requantize(static_cast<std::int32_t>(sum), p.to_output, p.output_zero_point, -128, 127);
}

[[nodiscard]] inline float svdf_output(const Svdf<float> &p, std::int32_t unit, const float *time,
                                       const float *state) {
  float sum = p.bias != nullptr ? p.bias[unit] : 0;
  for (std::int32_t filter = 0; filter < p.rank; ++filter) {
    float weighted = 0;
    for (std::int32_t t = 0; t < p.memory; ++t) {
      weighted += *time++ * *state++;
    }
    sum += weighted;
  }
  return clamp_float(sum, p.low, p.high);
}

template <typename S, typename T, typename Layer>
inline void svdf(const Layer &layer, const T *input, S *state, T *output) {
  const Svdf<S> &p = layer;
  for (std::int32_t batch = 0; batch < p.batches; ++batch, input += p.inputs) {
    const auto *feature = p.feature;
    const S *time = p.time;
    for (std::int32_t unit = 0; unit < p.units; ++unit) {
      S *of_unit = state;
      for (std::int32_t filter = 0; filter < p.rank; ++filter) {
        remember(state, p.memory, svdf_product(p, input, feature));
        feature += p.inputs;
        state += p.memory;
      }
      *output++ = svdf_output(p, unit, time, of_unit);
      time += p.rank * p.memory;
    }
  }
}

} // namespace tinyml::kernels::generic
