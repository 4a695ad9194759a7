// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/sigmoid16.hpp"

namespace tinyml::kernels::generic {

/// Sigmoid or tanh of int16; the output has scale 2^-15.
struct SigmoidInt16 {
  std::int32_t count;
  SigmoidInput input;
};

/// Elementwise, ascending.
template <typename Layer>
inline void sigmoid_int16(const Layer &layer, const std::int16_t *input, std::int16_t *output) {
  const SigmoidInt16 &p = layer;
  for (std::int32_t i = 0; i < p.count; ++i) {
    output[i] = sigmoid16(input[i], p.input);
  }
}

template <typename Layer>
inline void tanh_int16(const Layer &layer, const std::int16_t *input, std::int16_t *output) {
  const SigmoidInt16 &p = layer;
  for (std::int32_t i = 0; i < p.count; ++i) {
    output[i] = tanh16(input[i], p.input);
  }
}

} // namespace tinyml::kernels::generic
