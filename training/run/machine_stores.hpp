// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "training/run/preparation.hpp"

namespace tinyml::coordinator {

/// Names and boards of all machines; workers are numbered from 1, as people count.
[[nodiscard]] Expected<void> place_machines(PreparedRun &run, const Places &places);

/// Builds the boards' images and the stores of all machines, with `run.parts` in the workers', and
/// saves the run's state: from here on it can go on in another process.
[[nodiscard]] Expected<void> make_machines(PreparedRun &run, const ImageBuilder &builder,
                                           const Recipe &recipe, const Progress &progress,
                                           const std::stop_token &stop);

/// What make_machines() knew of them, from the run's state.
void recall_machines(PreparedRun &run);

} // namespace tinyml::coordinator
