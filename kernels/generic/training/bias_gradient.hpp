// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/bundles.hpp"

namespace tinyml::kernels::generic::training {

/// Calls `take(channel, gradient)`: dy [rows, channels, batch] summed over rows, then samples.
template <typename Layer, typename Take>
inline void for_each_bias_gradient(Layer, const float *dy, Take take) {
  static constexpr Biased kShape = Layer{};
  constexpr int kRow = kShape.channels * kShape.batch;
  for (int c = 0; c < kShape.channels; ++c, dy += kShape.batch) {
    alignas(64) float sums[kShape.batch];
    for_each_bundle<kShape.batch>([&](auto width, int sample) {
      Samples<width> sum{};
      for (int row = 0; row < kShape.rows; ++row) {
        sum += load_samples<width>(dy + row * kRow + sample);
      }
      store_samples<width>(sums + sample, sum);
    });
    take(c, sum_of_samples<kShape.batch>(sums));
  }
}

template <typename Layer> inline void bias_gradient(Layer layer, const float *dy, float *dbias) {
  for_each_bias_gradient(layer, dy, KeepGradient{dbias});
}

/// bias -= rate * gradient.
template <typename Layer, typename P>
inline void bias_sgd(Layer layer, const float *dy, float rate, P *bias) {
  for_each_bias_gradient(layer, dy, Descend<P>{bias, rate});
}

} // namespace tinyml::kernels::generic::training
