// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/training_abi.hpp"

#include <concepts>

namespace tinyml::device {

/// What a worker needs of a training module and of the machine it computes on: the functions of
/// kernels/training_abi.hpp, so that tests can bring a module of their own.
template <typename S>
concept TrainingStepModule = requires(S &step, std::uint32_t first, const float *in, float *out) {
  { step.module() } -> std::same_as<const module::ModuleInfo &>;
  { step.training() } -> std::same_as<const module::TrainingInfo &>;
  { step.arena() } -> std::same_as<std::uint8_t *>;
  step.run();
  step.forward();
  step.load(first, in, first);
  step.read(first, out, first);
  step.load_correction(first, in, first);
  step.reset_moments();
  { step.now_ns() } -> std::same_as<std::uint64_t>;
  { step.cycles() } -> std::same_as<std::uint64_t>;
};

/// Inputs of a training step, in their order.
enum StepInput : std::uint8_t { kSampleInput = 0, kLabelInput = 1, kRateInput = 2 };
/// Outputs.
enum StepOutput : std::uint8_t { kLossOutput = 0, kPredictionOutput = 1 };

template <typename Step> [[nodiscard]] std::uint8_t *step_input(Step &step, StepInput which) {
  return step.arena() + step.module().inputs[which].arena_offset;
}
template <typename Step> [[nodiscard]] const float *step_output(Step &step, StepOutput which) {
  return reinterpret_cast<const float *>(step.arena() + step.module().outputs[which].arena_offset);
}

} // namespace tinyml::device
