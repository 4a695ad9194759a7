// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/package/contents.hpp"

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <span>

/// A compiled model as a folder for somebody else's project (docs/packages.md).
namespace tinyml::package {

enum class Kind { kCMake, kArduino, kZephyr, kEspIdf, kWasm };

/// "cmake", "arduino", "zephyr", "esp-idf", "wasm"; kInvalidInput lists them.
[[nodiscard]] Expected<Kind> parse_kind(const std::string &word);
[[nodiscard]] const char *name_of(Kind kind);

struct PackageOptions {
  Kind kind = Kind::kCMake;
  Target target;
  std::string model_name;               ///< any bytes
  std::string id;                       ///< wanted identifier; made from model_name when empty
  std::filesystem::path include_folder; ///< holds kernels/: a kit's include/ or the source tree
  std::span<const float> samples;       ///< for the test vector, see make_test_vector
  bool replace = false;                 ///< an older package in the same folder
};

/// Writes the package of `model`, which was compiled for options.target.kernel_set. The folder
/// appears whole or not at all. The value is the report: names, files, sizes, tensors.
[[nodiscard]] Expected<nlohmann::json> write_package(const driver::CompiledModel &model,
                                                     const PackageOptions &options,
                                                     const std::filesystem::path &destination);

} // namespace tinyml::package
