// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/dense.hpp"

namespace tinyml::kernels::generic {

/// output[row] = weights * input[row] + bias. Weights packed as in dense.hpp from [N, K].
template <typename T> struct FullyConnected {
  std::int32_t rows;
  std::int32_t inputs;
  std::int32_t outputs;
  const T *weights;
  Arithmetic<T> arithmetic;
};

/// A row's output is written while that row is still read; later rows only after it.
template <typename T, typename Layer>
inline void fully_connected(const Layer &layer, const T *input, T *output) {
  const FullyConnected<T> &p = layer;
  for (int row = 0; row < p.rows; ++row) {
    const Patch<T> patch = {input, p.weights, 1, p.inputs, 0, 0, p.inputs * isa::kOutputTile};
    dense_position(p.arithmetic, patch, p.outputs, output);
    input += p.inputs;
    output += p.outputs;
  }
}

} // namespace tinyml::kernels::generic
