// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/worker/step.hpp"
#include "os/hal.hpp"

namespace tinyml::device {

/// The training module that is linked into this image.
struct LinkedStep {
  static const module::ModuleInfo &module() { return tinyml_module_info; }
  static const module::TrainingInfo &training() { return tinyml_training_info; }
  static std::uint8_t *arena() { return tinyml_module_arena; }
  static void run() { tinyml_module_run(); }
  static void forward() { tinyml_training_forward(); }
  static void load(std::uint32_t first, const float *values, std::uint32_t count) {
    tinyml_training_load(first, values, count);
  }
  static void read(std::uint32_t first, float *values, std::uint32_t count) {
    tinyml_training_read(first, values, count);
  }
  static void load_correction(std::uint32_t first, const float *values, std::uint32_t count) {
    tinyml_training_load_correction(first, values, count);
  }
  static void reset_moments() { tinyml_training_reset_moments(); }
  static std::uint64_t now_ns() { return hal::monotonic_ns(); }
  static std::uint64_t cycles() { return hal::cycle_count(); }
};
static_assert(TrainingStepModule<LinkedStep>);

} // namespace tinyml::device
