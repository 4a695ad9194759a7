// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/bundles.hpp"

namespace tinyml::kernels::generic::training {

/// y = activation(weights * x + bias): x [inputs, batch], y [outputs, batch]. `bias` may be null.
template <typename Layer, typename P>
inline void fully_connected(Layer, const float *x, const P *weights, Optional<P> bias, float *y) {
  static constexpr Dense kShape = Layer{};
  for_each_block<kShape.outputs, kSums>([&](auto outputs, int first) {
    for_each_bundle<kShape.batch>([&](auto width, int sample) {
      Samples<width> sums[decltype(outputs)::value] = {};
      const P *row = weights + first * kShape.inputs;
      for (int k = 0; k < kShape.inputs; ++k) {
        const Samples<width> value = load_samples<width>(x + k * kShape.batch + sample);
        unroll<outputs>([&](auto o) { sums[o] += value * parameter(row + o * kShape.inputs + k); });
      }
      unroll<outputs>([&](auto o) {
        const Samples<width> sum =
            bias != nullptr ? sums[o] + parameter(bias + first + o) : sums[o];
        store_samples<width>(y + (first + o) * kShape.batch + sample,
                             activate<kShape.activation, width>(sum));
      });
    });
  });
}

/// dx = transposed weights * dy, summed in the order of outputs.
template <typename Layer, typename P>
inline void fully_connected_input_gradient(Layer, const float *dy, const P *weights, float *dx) {
  static constexpr Dense kShape = Layer{};
  for_each_block<kShape.inputs, kSums>([&](auto inputs, int first) {
    for_each_bundle<kShape.batch>([&](auto width, int sample) {
      Samples<width> sums[decltype(inputs)::value] = {};
      for (int o = 0; o < kShape.outputs; ++o) {
        const Samples<width> slope = load_samples<width>(dy + o * kShape.batch + sample);
        const P *row = weights + o * kShape.inputs + first;
        unroll<inputs>([&](auto k) { sums[k] += slope * parameter(row + k); });
      }
      unroll<inputs>(
          [&](auto k) { store_samples<width>(dx + (first + k) * kShape.batch + sample, sums[k]); });
    });
  });
}

/// Calls `take(parameter, gradient)` for every weight: sums are in the order of samples.
template <typename Layer, typename Take>
inline void for_each_weight_gradient(Layer, const float *x, const float *dy, Take take) {
  static constexpr Dense kShape = Layer{};
  for (int o = 0, at = 0; o < kShape.outputs; ++o) {
    for (int k = 0; k < kShape.inputs; ++k, ++at) {
      float sum = 0;
      for (int n = 0; n < kShape.batch; ++n) {
        sum += dy[o * kShape.batch + n] * x[k * kShape.batch + n];
      }
      take(at, sum);
    }
  }
}

template <typename Layer>
inline void fully_connected_filter_gradient(Layer layer, const float *x, const float *dy,
                                            float *dweights) {
  for_each_weight_gradient(layer, x, dy, KeepGradient{dweights});
}

/// weights -= rate * gradient, without an array of gradients.
template <typename Layer, typename P>
inline void fully_connected_filter_sgd(Layer layer, const float *x, const float *dy, float rate,
                                       P *weights) {
  for_each_weight_gradient(layer, x, dy, Descend<P>{weights, rate});
}

} // namespace tinyml::kernels::generic::training
