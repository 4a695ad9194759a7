// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/shapes.hpp"

#include <cstdint>
#include <cstring>

namespace tinyml::kernels::generic::training {

/// Within a unit in the last place, and the same bits on every processor: no library function,
/// which would also bring errno. 0 for negative numbers.
[[nodiscard]] inline float square_root(float x) {
  if (!(x > 0)) {
    return x < 0 ? 0 : x;
  }
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits = (bits >> 1U) + 0x1FBD'0000U; // half the exponent: within 4 %
  float root;
  std::memcpy(&root, &bits, sizeof root);
  for (int i = 0; i < 3; ++i) { // Newton: each squares the error
    root = 0.5F * (root + x / root);
  }
  return root;
}

template <typename Layer> inline void square_roots(Layer, const float *x, float *y) {
  constexpr Elements kShape = Layer{};
  for (int i = 0; i < kShape.count; ++i) {
    y[i] = square_root(x[i]);
  }
}

template <typename Layer> inline void reciprocal_roots(Layer, const float *x, float *y) {
  constexpr Elements kShape = Layer{};
  for (int i = 0; i < kShape.count; ++i) {
    y[i] = 1 / square_root(x[i]);
  }
}

} // namespace tinyml::kernels::generic::training
