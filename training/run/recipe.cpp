// SPDX-License-Identifier: Apache-2.0
#include "training/run/recipe.hpp"

namespace tinyml::coordinator {
namespace {

using training::RunSettings;
using training::Strategy;

constexpr float kMomentum = 0.9F;
/// The rates hold for a batch of 32; workers with another one scale it.
constexpr std::uint16_t kRateBatch = 32;

void apply_server_numbers(RunSettings &settings) {
  switch (settings.strategy) {
  case Strategy::kFedAdam:
  case Strategy::kFedYogi:
    settings.server_rate = 0.01F;
    settings.server_momentum = 0.9F;
    settings.second_moment = 0.99F;
    settings.adaptivity = 0.001F;
    break;
  case Strategy::kFedProx:
    settings.proximal = 0.01F;
    break;
  case Strategy::kFedAvg:
  case Strategy::kScaffold:
    break;
  }
}

} // namespace

void apply_recipe(const RunWish &wish, const ModelFacts &facts, RunSettings &settings) {
  settings.momentum = facts.has_momentum ? kMomentum : 0.0F;
  const float plain = facts.has_momentum ? 0.02F : 0.1F;
  settings.rate = wish.rate > 0 ? static_cast<float>(wish.rate) : plain;
  settings.rate_batch = kRateBatch;
  if (settings.rounds > 1) {
    settings.schedule = training::RateSchedule::kSmooth;
    settings.rate_end = settings.rate / 20;
  } else {
    settings.rate_end = settings.rate;
  }
  apply_server_numbers(settings);
}

} // namespace tinyml::coordinator
