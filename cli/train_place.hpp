// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <string>

namespace tinyml::cli {

/// The folder of a new run: `wanted`, else the first free one of `$TINYML_HOME/training/MODEL-N`.
[[nodiscard]] std::filesystem::path new_run_folder(const std::string &wanted,
                                                   const std::string &model);

/// The run to go on with: that in `wanted`, else the one that was worked on last (of that model, if
/// one is named). kNotFound when there is none.
[[nodiscard]] Expected<std::filesystem::path> unfinished_run(const std::string &wanted,
                                                             const std::string &model);

} // namespace tinyml::cli
