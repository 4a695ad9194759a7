// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/measure.hpp"

#include <nlohmann/json.hpp>

namespace tinyml::bench {

/// Size of the 2019 demo's image (MNIST over WiFi on an ESP32), beside which ours are put.
inline constexpr std::uint64_t kDemoImageBytes2019 = 2'027'434;

/// The list of bench.json (bench/README.md).
[[nodiscard]] nlohmann::json to_json(const std::vector<Figures> &all);

/// For a terminal.
[[nodiscard]] std::string to_text(const std::vector<Figures> &all);

/// Figures of others (peers.json, or measured in the same run) and of single paths of ours.
struct Beside {
  nlohmann::json peers;           ///< `boards`, `host`, `provenance`; null without
  nlohmann::json microbenchmarks; ///< Google Benchmark's JSON; null without
};

/// results.md.
[[nodiscard]] std::string to_markdown(const std::vector<Figures> &all, const Beside &beside);

/// What got worse than `recorded`, an earlier list of to_json, by more than two percent: one line a
/// figure. Models and boards that are in one list only are passed over.
[[nodiscard]] std::vector<std::string> regressions(const nlohmann::json &recorded,
                                                   const nlohmann::json &now);

} // namespace tinyml::bench
