// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/model_source.hpp"

#include <nlohmann/json.hpp>

namespace tinyml::cli {

/// `tinyml compile --package`: sources for other people's projects instead of an image.
struct PackageFlags {
  ModelFlags model;
  std::string package; ///< package::parse_kind
  std::string board;   ///< or
  std::string isa;     ///< a name of package::target_named; both empty: any processor
  std::string name;    ///< wanted identifier
  std::string output;
  bool force = false;
};

/// Writes the package and returns its report (docs/packages.md).
[[nodiscard]] Expected<nlohmann::json> compile_package(const Context &context,
                                                       const PackageFlags &flags);

/// The report for people.
void print_package(const nlohmann::json &report, const std::string &output);

} // namespace tinyml::cli
