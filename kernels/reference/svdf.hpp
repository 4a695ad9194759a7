// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/shapes.hpp"

/// Singular value decomposition filter: every filter keeps its last `memory` products with the
/// input's features and weighs them in time; `rank` filters make a unit. The state is
/// [batches, filters, memory], oldest first.
namespace tinyml::kernels::reference {

struct SvdfShape {
  std::int32_t batches, inputs, units, rank, memory;
};

/// Makes room for the newest product of a filter and returns its place.
template <typename S> S *shifted(S *state, std::int32_t memory) {
  std::copy(state + 1, state + memory, state);
  return state + memory - 1;
}

/// `bias` may be null.
inline void svdf(const SvdfShape &s, const float *x, const float *feature, const float *time,
                 const float *bias, FloatClamp clamp, float *state, float *out) {
  for (std::int64_t b = 0; b < s.batches; ++b, x += s.inputs) {
    for (std::int64_t filter = 0; filter < std::int64_t{s.units} * s.rank; ++filter) {
      float product = 0;
      for (std::int64_t i = 0; i < s.inputs; ++i) {
        product += feature[filter * s.inputs + i] * x[i];
      }
      float *memory = state + (b * s.units * s.rank + filter) * s.memory;
      *shifted(memory, s.memory) = product;
    }
    for (std::int64_t unit = 0; unit < s.units; ++unit) {
      float sum = bias != nullptr ? bias[unit] : 0;
      for (std::int64_t filter = unit * s.rank; filter < (unit + 1) * s.rank; ++filter) {
        float weighted = 0;
        for (std::int64_t t = 0; t < s.memory; ++t) {
          weighted +=
              time[filter * s.memory + t] * state[(b * s.units * s.rank + filter) * s.memory + t];
        }
        sum += weighted;
      }
      *out++ = clamp(sum);
    }
  }
}

/// What turns products into states and sums into outputs.
struct SvdfArithmetic {
  std::int32_t x_zero;
  Multiplier to_state;
  std::int32_t state_zero;
  Multiplier to_output;
  std::int32_t out_zero;
};

/// Both factors are computed in single precision, as the reference kernel prepares them.
[[nodiscard]] inline SvdfArithmetic svdf_arithmetic(float in, float feature, float state,
                                                    float time, float out) {
  return {0, quantize_multiplier(static_cast<double>(in * feature / state)), 0,
          quantize_multiplier(static_cast<double>(state * time / out)), 0};
}

/// S is the state's and the time weights' type, int8 or int16. Sums wrap around.
template <typename S>
void svdf(const SvdfShape &s, const SvdfArithmetic &q, const std::int8_t *x,
          const std::int8_t *feature, const S *time, const std::int32_t *bias, S *state,
          std::int8_t *out) {
  for (std::int64_t b = 0; b < s.batches; ++b, x += s.inputs) {
    for (std::int64_t filter = 0; filter < std::int64_t{s.units} * s.rank; ++filter) {
      std::int32_t product = 0;
      for (std::int64_t i = 0; i < s.inputs; ++i) {
        product += feature[filter * s.inputs + i] * (x[i] - q.x_zero);
      }
      S *memory = state + (b * s.units * s.rank + filter) * s.memory;
      *shifted(memory, s.memory) = static_cast<S>(
          kernels::clamp(multiply_by_quantized_multiplier(product, q.to_state) + q.state_zero,
                         std::numeric_limits<S>::min(), std::numeric_limits<S>::max()));
    }
    for (std::int64_t unit = 0; unit < s.units; ++unit) {
      auto sum = static_cast<std::uint32_t>(bias != nullptr ? bias[unit] : 0);
      for (std::int64_t at = unit * s.rank * s.memory; at < (unit + 1) * s.rank * s.memory; ++at) {
        const std::int32_t old = state[b * s.units * s.rank * s.memory + at] - q.state_zero;
        sum += static_cast<std::uint32_t>(time[at] * old);
      }
      *out++ =
          kernels::requantize(static_cast<std::int32_t>(sum), q.to_output, q.out_zero, -128, 127);
    }
  }
}

} // namespace tinyml::kernels::reference
