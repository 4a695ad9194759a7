// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/package/contents.hpp"

/// The same sources for each build system: what lies where, and the files that it wants beside
/// them.
namespace tinyml::package {

using Files = std::vector<File>;

/// include/, src/, CMakeLists.txt with install rules, example/.
[[nodiscard]] Files cmake_layout(const Contents &contents);
/// src/, library.properties, keywords.txt, examples/.
[[nodiscard]] Files arduino_layout(const Contents &contents);
/// include/, src/, zephyr/module.yml, samples/.
[[nodiscard]] Files zephyr_layout(const Contents &contents);
/// include/, src/, idf_component.yml, examples/.
[[nodiscard]] Files esp_idf_layout(const Contents &contents);
/// include/, src/, the module's loader and types, example.mjs; <id>.wasm is built from them by
/// wasm_build.hpp.
[[nodiscard]] Files wasm_layout(const Contents &contents);

/// The interface header, the sources and the test vector where most layouts want them.
[[nodiscard]] Files common_files(const Contents &contents);

/// A C program that runs the test vector: `entry` is its main function's head.
[[nodiscard]] std::string c_example(const Contents &contents, const std::string &entry);

/// "src/api.cpp src/model.cpp src/weights.cpp", each with `before` in front of it.
[[nodiscard]] std::string source_list(const Contents &contents, const std::string &before);

} // namespace tinyml::package
