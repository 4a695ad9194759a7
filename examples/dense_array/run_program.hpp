// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dense_array {

/// Runs a program in this process's environment, without a shell, and waits for it. Its exit
/// status, or -1 when it could not be started or was killed.
[[nodiscard]] int run_program(const std::vector<std::string> &arguments);

/// A program beside this one, or only its name when there is none: it is then looked up in PATH.
[[nodiscard]] std::string find_program(const std::string &name);

} // namespace dense_array
