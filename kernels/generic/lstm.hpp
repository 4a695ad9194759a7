// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/clamp_float.hpp"
#include "kernels/reference/lstm_arithmetic.hpp"

#include <cmath>

namespace tinyml::kernels::generic {

/// T is the data's type: float, int8 or int16.
template <typename T> struct LstmTypes;
template <> struct LstmTypes<float> {
  using Weight = float;
  using Bias = float;
  using Cell = float;
};
template <> struct LstmTypes<std::int8_t> {
  using Weight = std::int8_t;
  using Bias = std::int32_t;
  using Cell = std::int16_t;
};
template <> struct LstmTypes<std::int16_t> {
  using Weight = std::int8_t;
  using Bias = std::int64_t;
  using Cell = std::int16_t;
};

template <typename T> struct LstmGate {
  const typename LstmTypes<T>::Weight *input_weights;     ///< [cells, inputs]
  const typename LstmTypes<T>::Weight *recurrent_weights; ///< [cells, cells]
  const typename LstmTypes<T>::Bias *bias;
  Multiplier input;     ///< to Q3.12; not for float. int16: `value` is a 15-bit fraction
  Multiplier recurrent; //
};

/// Sequence steps of `batches` independent sequences; data rows of a sequence lie `row_step` apart.
template <typename T> struct Lstm {
  std::int32_t batches;
  std::int32_t steps;
  std::int32_t batch_step; ///< in rows
  std::int32_t row_step;   ///< in rows
  std::int32_t inputs;
  std::int32_t cells;
  LstmGate<T> gates[4]; ///< input, forget, cell, output
  LstmMultipliers multipliers;
  std::int16_t input_zero_point;
  std::int16_t hidden_zero_point;
  float cell_clip; ///< float only; 0: none
};

[[nodiscard]] inline std::int16_t gate_sum(const std::int8_t *x, const std::int8_t *weights,
                                           std::int32_t count, std::int32_t zero, std::int32_t sum,
                                           Multiplier m) {
  for (std::int32_t i = 0; i < count; ++i) {
    sum += (x[i] - zero) * weights[i];
  }
  return saturated16(multiply_by_quantized_multiplier(sum, m));
}

[[nodiscard]] inline std::int16_t gate_sum(const std::int16_t *x, const std::int8_t *weights,
                                           std::int32_t count, std::int32_t /*zero*/,
                                           std::int64_t sum, Multiplier m) {
  for (std::int32_t i = 0; i < count; ++i) {
    sum += x[i] * weights[i];
  }
  return saturated16(multiply_wide(sum, m.value, m.shift));
}

[[nodiscard]] inline float gate_sum(const float *x, const float *weights, std::int32_t count,
                                    std::int32_t /*zero*/, float bias, Multiplier /*m*/) {
  float sum = 0;
  for (std::int32_t i = 0; i < count; ++i) {
    sum += x[i] * weights[i];
  }
  return sum + bias;
}

/// sigmoid and tanh of gates; `join` adds the two parts of one.
[[nodiscard]] inline std::int16_t join(std::int16_t a, std::int16_t b) {
  return saturated16(a + b);
}
[[nodiscard]] inline float join(float a, float b) { return a + b; }
[[nodiscard]] inline std::int16_t gate_sigmoid(std::int16_t x) { return sigmoid16(x, {3, 0}); }
[[nodiscard]] inline float gate_sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }
[[nodiscard]] inline std::int16_t gate_tanh(std::int16_t x) { return tanh16(x, {3, 0}); }
[[nodiscard]] inline float gate_tanh(float x) { return std::tanh(x); }

/// One gate of cell j before its activation.
template <typename T>
[[nodiscard]] inline typename LstmTypes<T>::Cell
lstm_gate(const Lstm<T> &p, int gate, std::int32_t j, const T *x, const T *hidden) {
  const LstmGate<T> &g = p.gates[gate];
  return join(
      gate_sum(x, g.input_weights + j * p.inputs, p.inputs, p.input_zero_point, g.bias[j], g.input),
      gate_sum(hidden, g.recurrent_weights + j * p.cells, p.cells, p.hidden_zero_point, 0,
               g.recurrent));
}

template <typename T, typename Cell>
[[nodiscard]] inline Cell updated_cell(const Lstm<T> &p, Cell cell, Cell forget, Cell input,
                                       Cell candidate) {
  return next_cell(p.multipliers, cell, forget, input, candidate);
}
[[nodiscard]] inline float updated_cell(const Lstm<float> &p, float cell, float forget, float input,
                                        float candidate) {
  const float next = forget * cell + input * candidate;
  return p.cell_clip > 0 ? clamp_float(next, -p.cell_clip, p.cell_clip) : next;
}

template <typename T>
[[nodiscard]] inline T hidden_of(const Lstm<T> &p, std::int16_t cell, std::int16_t output_gate) {
  return static_cast<T>(clamp(next_hidden(p.multipliers, cell, output_gate) + p.hidden_zero_point,
                              std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}
[[nodiscard]] inline float hidden_of(const Lstm<float> & /*p*/, float cell, float output_gate) {
  return std::tanh(cell) * output_gate;
}

/// One step of one sequence. The new hidden state is complete in `output` before the old one, which
/// every gate reads, is given up.
template <typename T>
inline void lstm_step(const Lstm<T> &p, const T *x, T *hidden, typename LstmTypes<T>::Cell *cells,
                      T *output) {
  for (std::int32_t j = 0; j < p.cells; ++j) {
    const auto input = gate_sigmoid(lstm_gate(p, 0, j, x, hidden));
    const auto forget = gate_sigmoid(lstm_gate(p, 1, j, x, hidden));
    const auto candidate = gate_tanh(lstm_gate(p, 2, j, x, hidden));
    cells[j] = updated_cell(p, cells[j], forget, input, candidate);
    output[j] = hidden_of(p, cells[j], gate_sigmoid(lstm_gate(p, 3, j, x, hidden)));
  }
  for (std::int32_t j = 0; j < p.cells; ++j) {
    hidden[j] = output[j];
  }
}

/// `hidden` and `cells`, [batches, cells], live on from one call to the next.
template <typename T, typename Layer>
inline void lstm(const Layer &layer, const T *input, T *hidden, typename LstmTypes<T>::Cell *cells,
                 T *output) {
  const Lstm<T> &p = layer;
  for (std::int32_t batch = 0; batch < p.batches; ++batch) {
    for (std::int32_t step = 0; step < p.steps; ++step) {
      const std::int32_t row = batch * p.batch_step + step * p.row_step;
      lstm_step(p, input + row * p.inputs, hidden, cells, output + row * p.cells);
    }
    hidden += p.cells;
    cells += p.cells;
  }
}

} // namespace tinyml::kernels::generic
