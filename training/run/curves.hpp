// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "training/run/records.hpp"

namespace tinyml::coordinator {

/// Global accuracy and loss over the rounds, side by side, with each worker's loss thin behind
/// them; as SVG. Runs of any length, of one round and of none are fine.
[[nodiscard]] std::string curves_svg(const RunRecord &run, const std::string &subtitle);

} // namespace tinyml::coordinator
