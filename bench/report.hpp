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

/// results.md. `microbenchmarks` is Google Benchmark's JSON, or null.
[[nodiscard]] std::string to_markdown(const std::vector<Figures> &all,
                                      const nlohmann::json &microbenchmarks);

} // namespace tinyml::bench
