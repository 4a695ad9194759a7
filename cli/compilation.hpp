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

/// Where the kernels' headers lie for code that is compiled on and for this machine: the include
/// folder of the first kit that there is, for they are the same in each.
[[nodiscard]] Expected<std::filesystem::path> host_include_folder(const Context &context);

} // namespace tinyml::cli
