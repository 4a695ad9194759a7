// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace tinyml::bench_os {

/// What a board's README says it costs: the lines between "<!-- measured" and "<!-- end of
/// measured". `figures` is bench-os.json. Empty when the board was not measured.
[[nodiscard]] std::string measured_block(const nlohmann::json &figures, const std::string &board);

/// `text` with `block` in place of what stands between the two marks; unchanged without marks.
[[nodiscard]] std::string with_measured_block(const std::string &text, const std::string &block);

/// The main README's table of boards ("| [`board`](os/boards/board) | what | ROM / RAM | …"): its
/// third and fourth column become the images with mnist-dscnn and mnist-lenet. Rows of boards that
/// were not measured stay as they are.
[[nodiscard]] std::string with_image_sizes(const std::string &text, const nlohmann::json &figures);

/// Rewrites README.md and os/boards/<board>/README.md below `root` where a figure has changed.
[[nodiscard]] Expected<void> write_readmes(const std::filesystem::path &root,
                                           const nlohmann::json &figures);

} // namespace tinyml::bench_os
