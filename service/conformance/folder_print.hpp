// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace tinyml::service::conformance {

/// What lies below a folder: size and time of last change of every file, by path. Two are equal
/// when nobody wrote in between.
using FolderPrint = std::map<std::string, std::string>;

[[nodiscard]] FolderPrint print_of(const std::filesystem::path &folder);

/// The first path that differs; empty when none does.
[[nodiscard]] std::string first_change(const FolderPrint &before, const FolderPrint &after);

/// Processes of this user that work in the folder or below it, but this one: what a killed program
/// left running.
[[nodiscard]] bool has_process_in(const std::filesystem::path &folder);

} // namespace tinyml::service::conformance
