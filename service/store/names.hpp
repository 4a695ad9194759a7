// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/store/records.hpp"

#include <array>
#include <string_view>
#include <utility>

/// The words for states, the same in the database, the HTTP API and the CLI.
namespace tinyml::service::names {

inline constexpr std::array<std::string_view, 9> kOrderStates = {
    "received",  "building",  "built",  "delivering", "verifying",
    "rebooting", "confirmed", "failed", "superseded"};
inline constexpr std::array<std::string_view, 3> kBuildStates = {"building", "built", "failed"};

/// The state of that name; the first one for an unknown name (the schema lets none in).
template <typename State, std::size_t N>
State find(const std::array<std::string_view, N> &words, std::string_view word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == word) {
      return static_cast<State>(i);
    }
  }
  return State{};
}

} // namespace tinyml::service::names
