// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/training/settings.hpp"

#include <span>

/// Who may go on: pure functions of the workers' progress. docs/training-protocol.md, "Barriers".
namespace tinyml::training {

/// May a worker that has delivered `own` updates train, given how many each live worker (itself
/// included or not) has delivered? Of the barriers without rounds; `seed` draws the peers of PSP
/// (Wang et al. 2017) and differs from question to question.
[[nodiscard]] bool may_train(const RunSettings &settings, std::uint32_t own,
                             std::span<const std::uint32_t> live, std::uint64_t seed);

/// What a round with a barrier knows of its workers.
struct RoundProgress {
  std::uint32_t delivered = 0;
  std::uint32_t awaited = 0;    ///< live, not excluded, not delivered
  std::uint32_t elapsed_ms = 0; ///< since the round began
};
/// Is the round over? All have delivered, or its deadline has passed and there are enough.
[[nodiscard]] bool round_is_over(const RunSettings &settings, const RoundProgress &progress);

} // namespace tinyml::training
