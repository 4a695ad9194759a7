// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Colours of all pictures, by class, once for light and once for dark viewers.
namespace tinyml::report {

/// What an operator is painted as.
struct Family {
  std::string_view css;   ///< class
  std::string_view title; ///< for legends
};

/// By the operator's text name; anything unknown is "other".
[[nodiscard]] Family family_of(std::string_view op);
inline constexpr Family kInputFamily = {"f-input", "graph input"};
inline constexpr Family kScratchFamily = {"f-scratch", "scratch"};
inline constexpr Family kStateFamily = {"f-state", "state"};

/// A `<style>` element and the patterns it uses.
[[nodiscard]] std::string style_sheet();

} // namespace tinyml::report
