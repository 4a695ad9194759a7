// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/dense.hpp"

namespace tinyml::kernels::generic {

/// output = weights * input + bias, for one row of inputs (several rows are a 1x1 convolution).
/// Weights packed from [N, K] as the kernel set wants them (isa::Packing).
template <typename Arithmetic> struct FullyConnected {
  using T = typename ElementOf<Arithmetic>::Type;
  std::int32_t inputs;
  std::int32_t outputs;
  const T *weights;
  Arithmetic arithmetic;
};

/// Outputs are written while the row is still read, unless the kernel set holds it in `scratch`.
template <typename Arithmetic, typename Layer>
inline void fully_connected(const Layer &layer, const typename FullyConnected<Arithmetic>::T *input,
                            typename FullyConnected<Arithmetic>::T *output, void *scratch) {
  using T = typename FullyConnected<Arithmetic>::T;
  const FullyConnected<Arithmetic> &p = layer;
  multiply_all(isa::Row<T>(input, p.inputs, scratch), p.arithmetic, p.weights, 0, p.outputs, 1,
               output, p.outputs);
}

} // namespace tinyml::kernels::generic
