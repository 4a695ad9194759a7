// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <stop_token>
#include <string>

namespace tinyml::service {

/// Runs a build's host module on `inputs` (whole inferences one after the other) and returns the
/// outputs. The module is code that a compiler backend made: it runs in a child process, `runner`,
/// under limits.
[[nodiscard]] Expected<std::string> run_module(const std::filesystem::path &runner,
                                               const std::filesystem::path &module, ByteView inputs,
                                               std::stop_token stop);

} // namespace tinyml::service
