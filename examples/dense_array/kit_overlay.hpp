// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace dense_array {

/// Makes a kit in `overlay` that is `kit` with the array's driver among its headers. Nothing of
/// `kit` is changed. What went wrong, or nothing.
[[nodiscard]] std::optional<std::string> overlay_kit(const std::filesystem::path &kit,
                                                     const std::filesystem::path &overlay);

/// Puts the headers that differ from the kit's beside the generated sources, where a compiler looks
/// first.
[[nodiscard]] std::optional<std::string> add_headers(const std::filesystem::path &overlay,
                                                     const std::filesystem::path &sources);

} // namespace dense_array
