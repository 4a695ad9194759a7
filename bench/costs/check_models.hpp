// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"
#include "compiler/link/kit.hpp"
#include "compiler/report/cost_table.hpp"

namespace tinyml::bench {

/// Runs whole models on the kit's board and prints, for each, the estimate of its instructions
/// beside the count. Without `models`: the zoo.
[[nodiscard]] Expected<void> check_models(const cli::Context &context, const link::Kit &kit,
                                          const report::IsaCosts &costs,
                                          const std::vector<std::string> &models);

} // namespace tinyml::bench
