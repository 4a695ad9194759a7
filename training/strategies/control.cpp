// SPDX-License-Identifier: Apache-2.0
#include "training/strategies/control.hpp"

#include <cstddef>

namespace tinyml::training {

ControlNumbers control_numbers(std::uint32_t updates, std::uint32_t workers, float mean_step_sum,
                               float server_rate) {
  const float share = static_cast<float>(updates) / static_cast<float>(workers);
  return {.keep = 1 - share, .gain = share / (mean_step_sum * server_rate)};
}

void follow_delta(const ControlNumbers &numbers, std::span<float> control,
                  std::span<const float> delta) {
  for (std::size_t i = 0; i < control.size(); ++i) {
    const float kept = numbers.keep * control[i];
    control[i] = kept - numbers.gain * delta[i];
  }
}

void follow_update(std::span<float> own, std::span<const float> control,
                   std::span<const float> update, float step_sum) {
  for (std::size_t i = 0; i < own.size(); ++i) {
    own[i] = own[i] - control[i] - update[i] / step_sum;
  }
}

void correction_of(std::span<float> control, std::span<const float> own) {
  for (std::size_t i = 0; i < control.size(); ++i) {
    control[i] -= own[i];
  }
}

} // namespace tinyml::training
