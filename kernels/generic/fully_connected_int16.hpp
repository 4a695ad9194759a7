// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/int16_rescale.hpp"

namespace tinyml::kernels::generic {

/// output[row] = weights * input[row] + bias of int16 data; int8 weights [N, K].
template <typename Sum> struct FullyConnectedInt16 {
  std::int32_t rows;
  std::int32_t inputs;
  std::int32_t outputs;
  const std::int8_t *weights;
  Int16Rescale<Sum> rescale;
};

/// A row's output is written while that row is still read; later rows only after it.
template <typename Sum, typename Layer>
inline void fully_connected_int16(const Layer &layer, const std::int16_t *input,
                                  std::int16_t *output) {
  const FullyConnectedInt16<Sum> &p = layer;
  for (int row = 0; row < p.rows; ++row, input += p.inputs) {
    const std::int8_t *weights = p.weights;
    for (int channel = 0; channel < p.outputs; ++channel, weights += p.inputs) {
      *output++ = finish(p.rescale, multiply_add(Sum{0}, input, weights, p.inputs), channel);
    }
  }
}

} // namespace tinyml::kernels::generic
