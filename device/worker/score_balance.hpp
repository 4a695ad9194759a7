// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/worker/label_prior.hpp"

#include <algorithm>

namespace tinyml::device {

/// e^value for value <= 0, within 1e-6; no library, and the same bits everywhere.
[[nodiscard]] inline float exponential(float value) {
  constexpr float kLeast = -80;
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693359375F; // its products with small whole numbers are exact
  constexpr float kLn2Low = -2.12194440e-4F;
  if (!(value > kLeast)) {
    return 0;
  }
  const auto power = static_cast<std::int32_t>(value * kLog2E - 0.5F);
  const auto whole = static_cast<float>(power);
  const float r = (value - whole * kLn2High) - whole * kLn2Low; // -0.35…0.35
  const float cubic = 1.0F / 6 + r * (1.0F / 24 + r * (1.0F / 120 + r * (1.0F / 720)));
  const float series = 1 + r * (1 + r * (0.5F + r * cubic));
  return series * std::bit_cast<float>(static_cast<std::uint32_t>(power + 127) << 23);
}

/// The gradient of the loss by the classes' biases over a worker's samples: how much more often the
/// model names a class than it is there. A worker that knows few classes cannot train the biases:
/// it learns its own labels' shares. What all workers' gradients say together is true of all data.
class ScoreBalance {
public:
  /// Forgets what was; with no `classes` or more than fit, nothing is replaced.
  void begin(std::uint32_t classes) {
    excess_ = {};
    count_ = 0;
    classes_ = classes <= LabelPrior::kMostClasses ? classes : 0;
  }

  /// A sample of class `label`: score k is scores[k · stride].
  void add(const float *scores, std::uint32_t stride, std::uint32_t label) {
    std::array<float, LabelPrior::kMostClasses> parts; // all that are read are written
    float most = scores[0];
    for (std::uint32_t k = 0; k < classes_; ++k) {
      most = std::max(most, scores[k * stride]);
    }
    float sum = 0;
    for (std::uint32_t k = 0; k < classes_; ++k) {
      parts[k] = exponential(scores[k * stride] - most);
      sum += parts[k];
    }
    for (std::uint32_t k = 0; k < classes_; ++k) {
      excess_[k] += parts[k] / sum - (k == label ? 1.0F : 0.0F);
    }
    ++count_;
  }

  /// Mean of softmax(scores) - label of class `k`; 0 before the first sample.
  [[nodiscard]] float excess(std::uint32_t k) const {
    return count_ == 0 ? 0 : excess_[k] / static_cast<float>(count_);
  }

  /// Where an update's `values`, from flat parameter `first` on, meet the classes' biases, the last
  /// ones before `learned_count`: they become -strength · excess. Without samples nothing happens.
  void replace(std::span<float> values, std::uint32_t first, std::uint32_t learned_count,
               float strength) const {
    const std::uint32_t biases = learned_count - classes_;
    for (std::uint32_t k = 0; count_ != 0 && strength != 0 && k < classes_; ++k) {
      if (biases + k >= first && biases + k - first < values.size()) {
        values[biases + k - first] = -strength * excess(k);
      }
    }
  }

private:
  std::array<float, LabelPrior::kMostClasses> excess_{};
  std::uint32_t classes_ = 0;
  std::uint32_t count_ = 0;
};

} // namespace tinyml::device
