// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/model_source.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

namespace tinyml::cli {

/// A build without a service.
struct LocalBuild {
  ModelFlags model;
  std::string board;
  std::string program; ///< "inference" or "exec"
};

/// Runs the compiler backend of docs/backend.md in this process and leaves its result folder in
/// `output` (created when missing). The value is result.json; a refused build becomes an error with
/// the backend's message and advice.
[[nodiscard]] Expected<nlohmann::json> compile_into(const Context &context, const LocalBuild &build,
                                                    const std::filesystem::path &output);

} // namespace tinyml::cli
