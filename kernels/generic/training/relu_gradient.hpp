// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/bundles.hpp"

namespace tinyml::kernels::generic::training {

/// dx = dy where y > 0, else 0. Works in place.
template <typename Layer>
inline void relu_gradient(Layer, const float *y, const float *dy, float *dx) {
  static constexpr Elements kShape = Layer{};
  for_each_bundle<kShape.count>([&](auto width, int at) {
    const Samples<width> zero{};
    const auto slope = load_samples<width>(dy + at);
    store_samples<width>(dx + at, load_samples<width>(y + at) > zero ? slope : zero);
  });
}

/// dx = dy where 0 < y < 6, else 0. Works in place.
template <typename Layer>
inline void relu6_gradient(Layer, const float *y, const float *dy, float *dx) {
  static constexpr Elements kShape = Layer{};
  for_each_bundle<kShape.count>([&](auto width, int at) {
    const Samples<width> zero{};
    const auto value = load_samples<width>(y + at);
    const auto above = value > zero ? load_samples<width>(dy + at) : zero;
    store_samples<width>(dx + at, value < same_for_all<width>(6) ? above : zero);
  });
}

} // namespace tinyml::kernels::generic::training
