// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <filesystem>

namespace tinyml::driver {

/// The compiler backend of docs/backend.md: answers the request folder in the result folder. An
/// error in the request is an answer too; only a result that cannot be written is a failure of the
/// backend itself.
[[nodiscard]] Expected<void> run_backend(const std::filesystem::path &request_folder,
                                         const std::filesystem::path &result_folder);

} // namespace tinyml::driver
