// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/softmax16.hpp"

#include <array>
#include <cmath>

/// The tables of an int16 softmax, for the host. An entry takes up half of the interpolation error
/// at the middle of its step. In float, as the reference kernel fills them.
namespace tinyml::kernels::reference {

using SoftmaxTable = std::array<std::int16_t, kSoftmaxTableEntries>;

template <typename Function>
[[nodiscard]] SoftmaxTable softmax_table(float low, float high, const Function &function) {
  constexpr float kScale = 32768;
  constexpr int kSteps = kSoftmaxTableEntries - 1;
  const float step = (high - low) / kSteps;
  const float half_step = step / 2;
  const auto saturated = [](float x) {
    return static_cast<std::int16_t>(std::fmin(std::fmax(x, -32768.0F), 32767.0F));
  };
  SoftmaxTable table{};
  for (int i = 0; i < kSteps; ++i) {
    const float x = low + static_cast<float>(i) * step;
    const float sample = std::round(function(x) * kScale);
    const float next = function(low + static_cast<float>(i + 1) * step) * kScale;
    const float middle = std::round(function(x + half_step) * kScale);
    const float error = std::round((next + sample) / 2) - middle;
    table[static_cast<std::size_t>(i)] = saturated(sample - std::round(error / 2));
  }
  table[kSteps] = saturated(std::round(function(high) * kScale));
  return table;
}

[[nodiscard]] inline SoftmaxTable softmax_exponentials() {
  return softmax_table(-10, 0, [](float x) { return std::exp(x); });
}

[[nodiscard]] inline SoftmaxTable softmax_reciprocals() {
  return softmax_table(0, 1, [](float x) { return 1.0F / (1.0F + x); });
}

} // namespace tinyml::kernels::reference
