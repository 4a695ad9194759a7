// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/bundles.hpp"
#include "kernels/generic/training/square_root.hpp"

/// Updates of whole arrays of parameters, element by element. Moments are float whatever the
/// parameters' storage.
namespace tinyml::kernels::generic::training {

/// variable -= rate * gradient.
template <typename Layer, typename P>
inline void sgd(Layer, const float *gradient, float rate, P *variable) {
  static constexpr Elements kShape = Layer{};
  const Descend<P> descend{variable, rate};
  for (int i = 0; i < kShape.count; ++i) {
    descend(i, gradient[i]);
  }
}

struct Momentum {
  int count;
  float momentum;
};

/// velocity = momentum * velocity + gradient; variable -= rate * velocity.
template <typename Layer, typename P>
inline void momentum(Layer, const float *gradient, float rate, float *velocity, P *variable) {
  static constexpr Momentum kShape = Layer{};
  const Descend<P> descend{variable, rate};
  for (int i = 0; i < kShape.count; ++i) {
    velocity[i] = kShape.momentum * velocity[i] + gradient[i];
    descend(i, velocity[i]);
  }
}

struct Adam {
  int count;
  float beta1, beta2, epsilon;
};

/// Kingma and Ba, ICLR 2015, algorithm 1; `rate` holds the corrections of the bias (section 2).
template <typename Layer, typename P>
inline void adam(Layer, const float *gradient, float rate, float *mean, float *square,
                 P *variable) {
  static constexpr Adam kShape = Layer{};
  for (int i = 0; i < kShape.count; ++i) {
    const float slope = gradient[i];
    mean[i] = kShape.beta1 * mean[i] + (1 - kShape.beta1) * slope;
    square[i] = kShape.beta2 * square[i] + (1 - kShape.beta2) * slope * slope;
    const float step = rate * mean[i] / (square_root(square[i]) + kShape.epsilon);
    set_parameter(variable + i, parameter(variable + i) - step);
  }
}

} // namespace tinyml::kernels::generic::training
