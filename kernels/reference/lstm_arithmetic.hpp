// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/requantize.hpp"
#include "kernels/reference/sigmoid16.hpp"

/// Fixed-point pieces of a quantised LSTM, bit for bit those of TensorFlow Lite Micro: gates are
/// Q3.12 before and Q0.15 after their activation, cells int16 with a power of two for a scale.
/// Freestanding.
namespace tinyml::kernels {

[[nodiscard]] constexpr std::int16_t saturated16(std::int32_t x) {
  return static_cast<std::int16_t>(clamp(x, -32768, 32767));
}

/// From the product of two tensors' scales to a gate's 2^-12.
[[nodiscard]] constexpr Multiplier gate_multiplier(float data_scale, float weight_scale) {
  return quantize_multiplier(static_cast<double>(data_scale) * static_cast<double>(weight_scale) /
                             (1.0 / 4096));
}

struct LstmMultipliers {
  Multiplier forget; ///< forget gate * cell -> cell
  Multiplier input;  ///< input gate * cell gate -> cell
  Multiplier output; ///< tanh of the cell * output gate -> hidden state
  SigmoidInput cell_tanh;
  std::int16_t cell_clip; ///< 0: none
};

[[nodiscard]] constexpr LstmMultipliers lstm_multipliers(double cell_scale, double cell_clip,
                                                         float hidden_scale) {
  constexpr double kGate = 1.0 / 32768;
  std::int32_t shift = 12;
  for (double scale = cell_scale; scale < 1; scale *= 2) {
    --shift;
  }
  const double clip = cell_clip / cell_scale;
  return {quantize_multiplier(kGate * cell_scale / cell_scale),
          quantize_multiplier(kGate * kGate / cell_scale),
          quantize_multiplier(kGate * kGate / static_cast<double>(hidden_scale)),
          shift >= 0 ? SigmoidInput{3 << shift, 0} : SigmoidInput{3, -shift},
          static_cast<std::int16_t>(clip < 32767 ? clip : 32767)};
}

/// A cell after one step, from the activated gates.
[[nodiscard]] constexpr std::int16_t next_cell(const LstmMultipliers &m, std::int16_t cell,
                                               std::int16_t forget, std::int16_t input,
                                               std::int16_t candidate) {
  const std::int32_t kept = saturated16(multiply_by_quantized_multiplier(forget * cell, m.forget));
  const std::int32_t added =
      saturated16(multiply_by_quantized_multiplier(input * candidate, m.input));
  const std::int16_t next = saturated16(kept + added);
  if (m.cell_clip > 0) {
    return static_cast<std::int16_t>(clamp(next, -m.cell_clip, m.cell_clip));
  }
  return next;
}

/// Without zero point and saturation of the hidden state's type.
[[nodiscard]] constexpr std::int32_t next_hidden(const LstmMultipliers &m, std::int16_t cell,
                                                 std::int16_t output_gate) {
  return multiply_by_quantized_multiplier(tanh16(cell, m.cell_tanh) * output_gate, m.output);
}

} // namespace tinyml::kernels
