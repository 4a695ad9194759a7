// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/training_abi.hpp"

namespace tinyml::device {

/// The rate that a step is given. Adam's holds the corrections of its moments' bias (docs/ir.md);
/// beta1 and beta2 are those of Kingma and Ba, ICLR 2015, as the compiler has them by default.
class AdamRate {
public:
  void reset() {
    first_ = 1;
    second_ = 1;
  }
  [[nodiscard]] float next(module::TrainingOptimizer optimizer, float rate) {
    if (optimizer != module::TrainingOptimizer::kAdam) {
      return rate;
    }
    constexpr float kBeta1 = 0.9F;
    constexpr float kBeta2 = 0.999F;
    first_ *= kBeta1;
    second_ *= kBeta2;
    return rate * square_root(1 - second_) / (1 - first_);
  }

private:
  /// Of 0…1, by Newton's iteration: no board needs a library for it.
  [[nodiscard]] static float square_root(float x) {
    float root = 1;
    for (int i = 0; i < 16; ++i) {
      root = (root + x / root) / 2;
    }
    return root;
  }

  float first_ = 1;
  float second_ = 1;
};

} // namespace tinyml::device
