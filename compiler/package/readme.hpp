// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/package/package.hpp"

namespace tinyml::package {

/// README.md: how to use the package, its tensors, measured sizes, the test vector, the layers.
[[nodiscard]] std::string readme(const Contents &contents, Kind kind);

/// The text of the Apache License 2.0, as the repository has it.
[[nodiscard]] std::string_view license_text();

} // namespace tinyml::package
