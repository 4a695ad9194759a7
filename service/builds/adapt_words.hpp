// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

/// What a model computes in, and whether it learns while it does, is one word in orders and builds:
/// "int8", "float32", or "adapt:" and what may learn (docs/backend.md, `options.adapt`).
namespace tinyml::service {

inline constexpr std::string_view kAdaptPrefix = "adapt:";

/// "last:float16" of "adapt:last:float16"; nothing where the model does not learn.
[[nodiscard]] inline std::optional<std::string> adapt_of_precision(const std::string &precision) {
  return precision.starts_with(kAdaptPrefix) ? std::optional(precision.substr(kAdaptPrefix.size()))
                                             : std::nullopt;
}

} // namespace tinyml::service
