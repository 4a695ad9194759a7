// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"

#include <sys/types.h>

/// The fleet's process from the outside: starting, following and ending it.
namespace tinyml::cli {

/// How many devices are in that state.
[[nodiscard]] std::size_t count_of(const nlohmann::json &status, const char *state);

/// The process that runs the fleet, unless it runs already; the value tells whether it was started.
[[nodiscard]] Expected<bool> ensure_process(const Context &context,
                                            const std::filesystem::path &folder);
/// Ends the fleet's process, whose devices go with it, and waits for that.
void end_process(const std::filesystem::path &folder, pid_t owner);
/// Until all are registered, or time is up. The value is the last status.
[[nodiscard]] Expected<nlohmann::json> wait_for_devices(const std::filesystem::path &folder,
                                                        double limit_s);

} // namespace tinyml::cli
