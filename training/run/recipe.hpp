// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "compiler/autodiff/training_step.hpp"
#include "training/run/wish.hpp"

namespace tinyml::coordinator {

/// The numbers that a person did not give, and what of them is compiled into the workers' step.
struct Recipe {
  autodiff::Optimizer optimizer = autodiff::Optimizer::kSgd;
  double momentum = 0; ///< of the optimiser that has it
  autodiff::Correction correction = autodiff::Correction::kNone;
  double proximal = 0;       ///< FedProx's µ
  bool deterministic = true; ///< the same bits on every kind of processor
  float rate = 0;
  float rate_end = 0;
  training::RateSchedule schedule = training::RateSchedule::kConstant;
  std::uint16_t rate_batch = 32;
  float server_rate = 1;
  float server_momentum = 0;
  float second_moment = 0;
  float adaptivity = 0;
  float label_calibration = 0; ///< where the model ends with a bias for each class
  float score_balance = 0;     ///< ditto
};

/// The strategy for a person who names none: docs/training.md, "Which strategy".
[[nodiscard]] std::string strategy_for(const std::string &split, const std::string &barrier);

/// `wish` is checked. The numbers are those of the table in docs/training.md.
[[nodiscard]] Recipe recipe_for(const RunWish &wish);

/// Facts of the compiled step that settings repeat.
struct ModelFacts {
  training::Fingerprint fingerprint{};
  std::uint32_t parameter_count = 0;
  std::uint32_t learned_count = 0;
  bool class_biases = false; ///< training::ends_with_class_biases
};

/// What the server is told. `run_id` is not 0.
[[nodiscard]] Expected<training::RunSettings> settings_of(const RunWish &wish, const Recipe &recipe,
                                                          const ModelFacts &facts,
                                                          std::uint32_t run_id);

/// "scaffold, rate 0.1 to 0.005 for batches of 32, …": what a run learns by, in a line.
[[nodiscard]] std::string recipe_text(const training::RunSettings &settings);

} // namespace tinyml::coordinator
