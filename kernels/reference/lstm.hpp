// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/fully_connected.hpp"
#include "kernels/reference/lstm_arithmetic.hpp"

#include <cmath>
#include <vector>

/// Long short-term memory over a sequence, without peephole, projection and layer normalisation.
/// Gates in the order input, forget, cell, output. Both states are [batches, cells].
namespace tinyml::kernels::reference {

struct LstmShape {
  std::int32_t batches, steps, inputs, cells;
  bool time_major = false;

  /// Row of batch b at time t in data and output.
  [[nodiscard]] std::int64_t row(std::int64_t b, std::int64_t t) const {
    return time_major ? t * batches + b : b * steps + t;
  }
};

template <typename W, typename B> struct LstmWeights {
  const W *input[4];
  const W *recurrent[4];
  const B *bias[4];
};

/// Calls step(b, x row, output row) in order of time, batch by batch.
template <typename X, typename Step>
void for_each_step(const LstmShape &s, const X *x, X *out, const Step &step) {
  for (std::int64_t b = 0; b < s.batches; ++b) {
    for (std::int64_t t = 0; t < s.steps; ++t) {
      step(b, x + s.row(b, t) * s.inputs, out + s.row(b, t) * s.cells);
    }
  }
}

inline void lstm(const LstmShape &s, const LstmWeights<float, float> &w, float cell_clip,
                 const float *x, float *hidden, float *cell, float *out) {
  const auto sigmoid = [](float v) { return 1.0F / (1.0F + std::exp(-v)); };
  for_each_step(s, x, out, [&](std::int64_t b, const float *now, float *result) {
    float *h = hidden + b * s.cells;
    float *c = cell + b * s.cells;
    for (std::int64_t j = 0; j < s.cells; ++j) {
      float gate[4];
      for (int g = 0; g < 4; ++g) {
        const float fed = dot<float>(now, w.input[g] + j * s.inputs, s.inputs, 0.0F) + w.bias[g][j];
        gate[g] = fed + dot<float>(h, w.recurrent[g] + j * s.cells, s.cells, 0.0F);
      }
      c[j] = sigmoid(gate[1]) * c[j] + sigmoid(gate[0]) * std::tanh(gate[2]);
      c[j] = cell_clip > 0 ? std::fmin(std::fmax(c[j], -cell_clip), cell_clip) : c[j];
      result[j] = std::tanh(c[j]) * sigmoid(gate[3]);
    }
    std::copy(result, result + s.cells, h);
  });
}

struct LstmArithmetic {
  std::int32_t x_zero;
  std::int32_t hidden_zero;
  Multiplier input[4];
  Multiplier recurrent[4];
  LstmMultipliers cell;
};

/// A gate's sum of one kind: 32 bits and two roundings for int8, 64 bits and one for int16.
[[nodiscard]] inline std::int16_t gate_part(const std::int8_t *x, const std::int8_t *weights,
                                            std::int32_t count, std::int32_t zero,
                                            std::int64_t bias, Multiplier m) {
  const auto sum = dot<std::int32_t>(x, weights, count, zero) + static_cast<std::int32_t>(bias);
  return saturated16(multiply_by_quantized_multiplier(sum, m));
}
[[nodiscard]] inline std::int16_t gate_part(const std::int16_t *x, const std::int8_t *weights,
                                            std::int32_t count, std::int32_t /*zero*/,
                                            std::int64_t bias, Multiplier m) {
  const auto sum = dot<std::int64_t>(x, weights, count, std::int64_t{0}) + bias;
  return saturated16(multiply_wide(sum, fraction16(m), m.shift));
}

/// T is int8 (biases int32) or int16 (biases int64).
template <typename T, typename B>
void lstm(const LstmShape &s, const LstmWeights<std::int8_t, B> &w, const LstmArithmetic &q,
          const T *x, T *hidden, std::int16_t *cell, T *out) {
  constexpr SigmoidInput kGateInput{3, 0};
  for_each_step(s, x, out, [&](std::int64_t b, const T *now, T *result) {
    T *h = hidden + b * s.cells;
    std::int16_t *c = cell + b * s.cells;
    for (std::int64_t j = 0; j < s.cells; ++j) {
      std::int16_t gate[4];
      for (int g = 0; g < 4; ++g) {
        const std::int32_t sum =
            gate_part(now, w.input[g] + j * s.inputs, s.inputs, q.x_zero, w.bias[g][j],
                      q.input[g]) +
            gate_part(h, w.recurrent[g] + j * s.cells, s.cells, q.hidden_zero, 0, q.recurrent[g]);
        gate[g] =
            g == 2 ? tanh16(saturated16(sum), kGateInput) : sigmoid16(saturated16(sum), kGateInput);
      }
      c[j] = next_cell(q.cell, c[j], gate[1], gate[0], gate[2]);
      result[j] = static_cast<T>(kernels::clamp(next_hidden(q.cell, c[j], gate[3]) + q.hidden_zero,
                                                std::numeric_limits<T>::min(),
                                                std::numeric_limits<T>::max()));
    }
    std::copy(result, result + s.cells, h);
  });
}

} // namespace tinyml::kernels::reference
