// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/package/layouts.hpp"

#include <filesystem>

namespace tinyml::package {

/// The little of the C++ library that kernels use, for a target that has none: wasm/include/ and
/// wasm/runtime.cpp. exp, tanh and the like are imported from JavaScript's Math.
[[nodiscard]] Files wasm_library();

/// The command that makes <id>.wasm, run in the package's folder.
[[nodiscard]] std::vector<std::string> wasm_command(const Contents &contents);

/// Runs it in `root`; the value is the size of <id>.wasm in bytes. kUnavailable says what to
/// install when clang or the linker is missing.
[[nodiscard]] Expected<std::uint64_t> build_wasm(const std::filesystem::path &root,
                                                 const Contents &contents);

} // namespace tinyml::package
