// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/package/contents.hpp"

#include <filesystem>

namespace tinyml::package {

/// Flags that the package's sources are compiled with beside the processor's own.
[[nodiscard]] const std::vector<std::string> &source_flags();

/// Compiles every source below `root`/src with the target's compiler and adds up the sections of
/// the objects. kUnavailable when the compiler is not there or does not know the processor.
[[nodiscard]] Expected<Sizes> measure(const std::filesystem::path &root, const Contents &contents);

} // namespace tinyml::package
