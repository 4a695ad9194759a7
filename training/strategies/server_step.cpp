// SPDX-License-Identifier: Apache-2.0
#include "training/strategies/server_step.hpp"

#include "training/strategies/aggregate.hpp"
#include "training/strategies/square_root.hpp"

namespace tinyml::training {

namespace {

bool is_adaptive(Strategy strategy) {
  return strategy == Strategy::kFedAdam || strategy == Strategy::kFedYogi;
}

/// Hsu et al. 2019: m := β m + x; s = η m.
void momentum_step(const RunSettings &s, std::span<float> block, std::span<float> first) {
  for (std::size_t i = 0; i < block.size(); ++i) {
    const float kept = s.server_momentum * first[i];
    first[i] = kept + block[i];
    block[i] = s.server_rate * first[i];
  }
}

float next_second(const RunSettings &s, float second, float square) {
  const float fresh = (1 - s.second_moment) * square;
  if (s.strategy == Strategy::kFedAdam) {
    const float kept = s.second_moment * second;
    return kept + fresh;
  }
  return second > square ? second - fresh : second < square ? second + fresh : second;
}

/// Reddi et al. 2021, algorithm 2, without bias correction as there.
void adaptive_step(const RunSettings &s, std::span<float> block, std::span<float> first,
                   std::span<float> second) {
  for (std::size_t i = 0; i < block.size(); ++i) {
    const float kept = s.server_momentum * first[i];
    const float fresh = (1 - s.server_momentum) * block[i];
    first[i] = kept + fresh;
    second[i] = next_second(s, second[i], block[i] * block[i]);
    const float step = s.server_rate * first[i];
    block[i] = step / (square_root(second[i]) + s.adaptivity);
  }
}

} // namespace

StrategyVectors vectors_of(const RunSettings &settings) {
  if (is_adaptive(settings.strategy)) {
    return {.first = true, .second = true};
  }
  return {.first = settings.server_momentum != 0,
          .control = settings.strategy == Strategy::kScaffold};
}

float initial_second(const RunSettings &settings) {
  return settings.adaptivity * settings.adaptivity;
}

void server_step(const RunSettings &settings, std::span<float> block, std::span<float> first,
                 std::span<float> second) {
  if (is_adaptive(settings.strategy)) {
    return adaptive_step(settings, block, first, second);
  }
  if (!first.empty()) {
    return momentum_step(settings, block, first);
  }
  scale(block, settings.server_rate);
}

} // namespace tinyml::training
