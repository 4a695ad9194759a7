// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/training/settings.hpp"

#include <span>

/// The step that a server makes of a round's aggregate: docs/training-protocol.md, "Strategies".
namespace tinyml::training {

/// Which vectors of its own a strategy keeps, each as long as the model.
struct StrategyVectors {
  bool first = false;   ///< m: momentum, or the mean of the aggregates
  bool second = false;  ///< v: the mean of their squares
  bool control = false; ///< c of SCAFFOLD
};
[[nodiscard]] StrategyVectors vectors_of(const RunSettings &settings);

/// What v holds before the first round; m and c hold 0.
[[nodiscard]] float initial_second(const RunSettings &settings);

/// Turns a block of the aggregate into the step. `first` and `second` are the same block of m and
/// v, empty where the strategy has none; they become those of the next round. The block holds
/// learned parameters only: running statistics step by the aggregate itself.
void server_step(const RunSettings &settings, std::span<float> block, std::span<float> first,
                 std::span<float> second);

} // namespace tinyml::training
