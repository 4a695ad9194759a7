// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

/// SCAFFOLD's control vectors (Karimireddy et al., ICML 2020, option II) out of what is sent
/// anyhow: docs/training-protocol.md, "Strategies".
namespace tinyml::training {

/// How everyone's c follows a delta: c := keep · c - gain · delta.
struct ControlNumbers {
  float keep = 1;
  float gain = 0;
};
/// `mean_step_sum` is S̄, above 0, of the `updates` of a round in a run of `workers`.
[[nodiscard]] ControlNumbers control_numbers(std::uint32_t updates, std::uint32_t workers,
                                             float mean_step_sum, float server_rate);

/// A block of c after a delta.
void follow_delta(const ControlNumbers &numbers, std::span<float> control,
                  std::span<const float> delta);
/// A worker's: a block of cᵢ after its update, of which the server decodes `update`, was taken;
/// with the c of the update's base version.
void follow_update(std::span<float> own, std::span<const float> control,
                   std::span<const float> update, float step_sum);
/// A worker's: what its steps add to the gradient, c - cᵢ; in place of c.
void correction_of(std::span<float> control, std::span<const float> own);

} // namespace tinyml::training
