// SPDX-License-Identifier: Apache-2.0
#include "training/run/recipe.hpp"

#include "training/run/run_plan.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace tinyml::coordinator {
namespace {

using training::Strategy;

// Rates are for batches of 32: Recipe::rate_batch. Plain SGD learns MNIST faster and better with a
// high one; where workers know few classes each, a high one only drives them apart.
constexpr float kRate = 0.2F;
constexpr float kAdaptiveRate = 0.04F;
constexpr float kScaffoldRate = 0.1F;
/// The rate of the last round, as a part of the first one's.
constexpr float kLastRatePart = 0.05F;
constexpr float kLastRatePartApart = 0.1F;
constexpr double kLastRatePartScaffold = 0.02;
constexpr float kLabelCalibration = 0.5F;
constexpr float kScaffoldCalibration = 1;
constexpr float kScoreBalance = 4;

/// What is wrong with old corrections grows with the rate: it falls from the first round on.
void take_falling_rate(float rate, std::uint16_t rounds, Recipe &recipe) {
  recipe.rate = rate;
  recipe.rate_end = rate;
  if (rounds > 1) {
    recipe.schedule = training::RateSchedule::kGeometric;
    recipe.rate_end = static_cast<float>(std::pow(kLastRatePartScaffold, 1.0 / (rounds - 1)));
  }
}

void take_strategy(Strategy strategy, std::uint16_t rounds, Recipe &recipe) {
  switch (strategy) {
  case Strategy::kFedAdam:
  case Strategy::kFedYogi:
    recipe.rate = kAdaptiveRate;
    recipe.rate_end = kAdaptiveRate * kLastRatePartApart;
    recipe.server_rate = 0.01F;
    recipe.server_momentum = 0.7F;
    recipe.second_moment = 0.99F;
    recipe.adaptivity = 0.0003F;
    recipe.label_calibration = kLabelCalibration;
    break;
  case Strategy::kFedProx:
    recipe.correction = autodiff::Correction::kProximal;
    recipe.proximal = 0.01;
    break;
  case Strategy::kScaffold:
    recipe.correction = autodiff::Correction::kControl;
    take_falling_rate(kScaffoldRate, rounds, recipe);
    recipe.label_calibration = kScaffoldCalibration;
    recipe.score_balance = kScoreBalance;
    break;
  case Strategy::kFedAvg:
    break;
  }
}

/// A worker that trains says so now and then, but an emulator may take long for a single step.
std::uint32_t lost_ms(const RunWish &wish) {
  constexpr std::uint32_t kQuick = 30'000;
  constexpr std::uint32_t kEmulated = 180'000;
  const bool emulated = std::any_of(wish.boards.begin(), wish.boards.end(), is_emulated);
  return wish.lost_s != 0 ? wish.lost_s * 1000 : emulated ? kEmulated : kQuick;
}

/// Many workers would keep the server busy with questions.
std::uint16_t poll_ms(const RunWish &wish) {
  constexpr std::uint32_t kLeast = 50;
  constexpr std::uint32_t kEach = 5;
  return static_cast<std::uint16_t>(std::max(kLeast, wish.workers * kEach));
}

} // namespace

std::string strategy_for(const std::string &split, const std::string &barrier) {
  // Scaffold needs rounds; where no label is on two workers, fedadam ends higher.
  const bool apart = split == "disjoint" || barrier != "bsp";
  return split == "iid" ? "fedavg" : apart ? "fedadam" : "scaffold";
}

Recipe recipe_for(const RunWish &wish) {
  Recipe recipe;
  recipe.rate = kRate;
  recipe.rate_end = kRate * kLastRatePart;
  recipe.schedule =
      wish.rounds > 1 ? training::RateSchedule::kSmooth : training::RateSchedule::kConstant;
  if (const auto strategy = parse_strategy(wish.strategy); strategy.ok()) {
    take_strategy(strategy->strategy, wish.rounds, recipe);
  }
  if (wish.rate > 0) {
    const float rate = static_cast<float>(wish.rate);
    if (recipe.schedule != training::RateSchedule::kGeometric) { // there it is a factor
      recipe.rate_end *= rate / recipe.rate;
    }
    recipe.rate = rate;
  }
  return recipe;
}

Expected<training::RunSettings> settings_of(const RunWish &wish, const Recipe &recipe,
                                            const ModelFacts &facts, std::uint32_t run_id) {
  const auto strategy = parse_strategy(wish.strategy);
  const auto coding = parse_coding(wish.coding);
  const auto barrier = parse_barrier(wish.barrier);
  if (!strategy.ok() || !coding.ok() || !barrier.ok()) {
    return fail(ErrorCode::kInternal, "the run's settings are not what they were checked to be");
  }
  const bool has_momentum = recipe.optimizer == autodiff::Optimizer::kMomentum;
  const training::RunSettings settings{
      .run_id = run_id,
      .model = facts.fingerprint,
      .parameter_count = facts.parameter_count,
      .learned_count = facts.learned_count,
      .strategy = strategy->strategy,
      .aggregation = strategy->aggregation,
      .barrier = barrier->barrier,
      .schedule = recipe.schedule,
      .update_coding = static_cast<std::uint8_t>(*coding),
      .delta_coding = static_cast<std::uint8_t>(*coding),
      .rounds = wish.rounds,
      .workers = static_cast<std::uint16_t>(wish.workers),
      .local_epochs = wish.local_epochs,
      .local_steps = wish.local_steps,
      .rate = recipe.rate,
      .rate_end = recipe.rate_end,
      .rate_batch = recipe.rate_batch,
      .momentum = has_momentum ? static_cast<float>(recipe.momentum) : 0,
      .proximal = static_cast<float>(recipe.proximal),
      .label_calibration = facts.class_biases ? recipe.label_calibration : 0,
      .score_balance = facts.class_biases ? recipe.score_balance : 0,
      .server_rate = recipe.server_rate,
      .server_momentum = recipe.server_momentum,
      .second_moment = recipe.second_moment,
      .adaptivity = recipe.adaptivity,
      .clip_norm = static_cast<float>(wish.clip),
      .round_deadline_ms = wish.round_deadline_ms,
      .lost_ms = lost_ms(wish),
      .poll_ms = poll_ms(wish),
      .staleness = barrier->staleness,
      .sampled_peers = barrier->sampled_peers,
      .seed = static_cast<std::uint32_t>(wish.seed)};
  if (const auto fault = training::check(settings); fault != training::SettingsFault::kNone) {
    return fail(ErrorCode::kInvalidInput, std::string(training::describe(fault)));
  }
  return settings;
}

std::string recipe_text(const training::RunSettings &settings) {
  std::string text =
      fmt::format("{}, rate {:.3g}", training::strategy_name(settings.strategy), settings.rate);
  if (settings.schedule != training::RateSchedule::kConstant) {
    text += fmt::format(" to {:.3g}", training::rate_in_round(settings, settings.rounds - 1U));
  }
  if (settings.rate_batch != 0) {
    text += fmt::format(" for batches of {}", settings.rate_batch);
  }
  if (settings.label_calibration != 0) {
    text += fmt::format(", label calibration {:.3g}", settings.label_calibration);
  }
  if (settings.score_balance != 0) {
    text += fmt::format(", score balance {:.3g}", settings.score_balance);
  }
  return text;
}

} // namespace tinyml::coordinator
