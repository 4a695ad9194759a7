// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/exponential.hpp"
#include "kernels/generic/training/shapes.hpp"

namespace tinyml::kernels::generic::training {

/// One sample's largest logit, and the sum of exp(logit - largest) over the classes.
struct SoftmaxSum {
  float largest, sum;
};

template <typename Layer> [[nodiscard]] inline SoftmaxSum softmax_sum(Layer, const float *logits) {
  static constexpr Classes kShape = Layer{};
  float largest = logits[0];
  for (int c = 1; c < kShape.classes; ++c) {
    const float value = logits[c * kShape.batch];
    largest = largest < value ? value : largest;
  }
  float sum = 0;
  for (int c = 0; c < kShape.classes; ++c) {
    sum += exponential(logits[c * kShape.batch] - largest);
  }
  return {largest, sum};
}

/// losses[n] = -log(probability of the label); 0 where the label is no class. logits
/// [classes, batch].
template <typename Layer>
inline void softmax_cross_entropy(Layer layer, const float *logits, const std::int32_t *labels,
                                  float *losses) {
  static constexpr Classes kShape = Layer{};
  for (int n = 0; n < kShape.batch; ++n) {
    const std::int32_t label = labels[n];
    losses[n] = 0;
    if (label >= 0 && label < kShape.classes) {
      const SoftmaxSum of = softmax_sum(layer, logits + n);
      losses[n] = of.largest + logarithm(of.sum) - logits[label * kShape.batch + n];
    }
  }
}

/// Of the mean loss of the batch; 0 for a sample whose label is no class. May work in place.
template <typename Layer>
inline void softmax_cross_entropy_gradient(Layer layer, const float *logits,
                                           const std::int32_t *labels, float *gradient) {
  static constexpr Classes kShape = Layer{};
  for (int n = 0; n < kShape.batch; ++n) {
    const bool used = labels[n] >= 0 && labels[n] < kShape.classes;
    const SoftmaxSum of = softmax_sum(layer, logits + n);
    for (int c = 0; c < kShape.classes; ++c) {
      const int at = c * kShape.batch + n;
      const float probability = exponential(logits[at] - of.largest) / of.sum;
      const float wanted = c == labels[n] ? 1.0F : 0.0F;
      gradient[at] = used ? (probability - wanted) / static_cast<float>(kShape.batch) : 0.0F;
    }
  }
}

} // namespace tinyml::kernels::generic::training
