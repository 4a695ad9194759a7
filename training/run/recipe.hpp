// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "training/run/wish.hpp"

namespace tinyml::coordinator {

/// The numbers that a person did not give: learning rate and its schedule, momentum, and what the
/// strategy needs.
void apply_recipe(const RunWish &wish, const ModelFacts &facts, training::RunSettings &settings);

} // namespace tinyml::coordinator
