// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"

namespace tinyml::cli {

/// The process that owns a fleet: switch, machines and their stores below one folder,
/// `devices/<endpoint>/`. Ends at SIGINT, SIGTERM or the request "stop", and all devices with it.
/// Requests on its control socket (tender/fleet/control_socket.hpp), by their word "do":
/// `add` {board, count, prefix, fresh}: as many devices of that board as asked for, made or started
/// as needed; `start`: those of an earlier run; `status`; `impair` {words, cut, heal}; `stop`.
[[nodiscard]] Expected<void> run_fleet_process(const Context &context,
                                               const std::filesystem::path &folder);

} // namespace tinyml::cli
