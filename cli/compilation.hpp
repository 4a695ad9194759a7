// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/model_source.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

namespace tinyml::cli {

/// Which compiler backend a verb uses: ours in this process, or a program.
struct BackendFlags {
  std::string program;                   ///< ours when empty
  std::vector<std::string> accelerators; ///< added to the board's profile
};

/// A build without a service.
struct LocalBuild {
  ModelFlags model;
  std::string board;
  std::string program; ///< "inference" or "exec"
  BackendFlags backend = {};
};

/// Adds --backend and --accelerator to a verb.
void add_backend_flags(CLI::App &verb, BackendFlags &flags);

/// Runs a compiler backend (docs/backend.md), ours in this process, and leaves its result folder in
/// `output` (created when missing). The value is result.json; a refused build becomes an error with
/// the backend's message and advice.
[[nodiscard]] Expected<nlohmann::json> compile_into(const Context &context, const LocalBuild &build,
                                                    const std::filesystem::path &output);

} // namespace tinyml::cli
