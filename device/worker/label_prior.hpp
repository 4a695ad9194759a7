// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace tinyml::device {

/// Within 2e-5 for 1e-3…1; no library, and the same bits everywhere.
[[nodiscard]] inline float natural_log(float value) {
  constexpr float kLn2 = 0.69314718F;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const int exponent = static_cast<int>(bits >> 23) - 127;
  const float mantissa = std::bit_cast<float>((bits & 0x7FFFFFU) | 0x3F800000U); // 1…2
  const float t = (mantissa - 1) / (mantissa + 1);
  const float s = t * t;
  const float series = 1 + s * (1.0F / 3 + s * (1.0F / 5 + s * (1.0F / 7)));
  return static_cast<float>(exponent) * kLn2 + 2 * t * series;
}

/// What a worker adds to the classes' scores while it trains, so that it does not unlearn the
/// classes that it has few samples of (Zhang et al., ICML 2022): strength · ln(share + 0.01). The
/// scores' last layer has a bias for each class, so it is added there, and taken off again before
/// anything leaves the worker.
class LabelPrior {
public:
  static constexpr std::uint32_t kMostClasses = 64;

  /// Samples of each class in the worker's last local training; without any, nothing is added.
  void set(std::span<const std::uint32_t> counts, float strength) {
    constexpr float kLeastShare = 0.01F;
    float sum = 0;
    for (const std::uint32_t count : counts) {
      sum += static_cast<float>(count);
    }
    classes_ = strength == 0 || sum == 0 ? 0 : static_cast<std::uint32_t>(counts.size());
    for (std::uint32_t k = 0; k < classes_; ++k) {
      const float share = static_cast<float>(counts[k]) / sum;
      offsets_[k] = strength * natural_log(share + kLeastShare);
    }
  }

  /// values += sign · offsets, where `values`, the flat model from `first` on, meet the biases:
  /// the last ones before `learned_count`.
  void add(std::span<float> values, std::uint32_t first, std::uint32_t learned_count,
           float sign) const {
    const std::uint32_t biases = learned_count - classes_;
    for (std::uint32_t k = 0; k < classes_; ++k) {
      if (biases + k >= first && biases + k - first < values.size()) {
        values[biases + k - first] += sign * offsets_[k];
      }
    }
  }

private:
  std::array<float, kMostClasses> offsets_{};
  std::uint32_t classes_ = 0;
};

} // namespace tinyml::device
