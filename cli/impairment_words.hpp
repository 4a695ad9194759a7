// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "tender/switch/impairments.hpp"

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

namespace tinyml::cli {

/// "2%" or "0.02".
[[nodiscard]] Expected<double> parse_part(const std::string &flag, const std::string &text);
/// "20ms", "500us", "1.5s".
[[nodiscard]] Expected<std::chrono::microseconds> parse_time(const std::string &flag,
                                                             const std::string &text);
/// "250kbit", "1Mbit", "9600bit" a second; "0": no limit.
[[nodiscard]] Expected<std::uint64_t> parse_rate(const std::string &flag, const std::string &text);

/// What a person asked for; empty texts leave a value as it is.
struct ImpairmentWords {
  std::string loss;
  std::string duplicate;
  std::string reorder;
  std::string delay;
  std::string jitter;
  std::string rate;
  bool clear = false; ///< everything not named goes back to a good network

  /// `before` changed accordingly, and checked. The islands stay, or go with `clear`.
  [[nodiscard]] Expected<tender::Impairments> apply_to(tender::Impairments before) const;
  [[nodiscard]] nlohmann::json to_json() const;
  [[nodiscard]] static ImpairmentWords from_json(const nlohmann::json &object);
};

[[nodiscard]] nlohmann::json to_json(const tender::Impairments &impairments);

} // namespace tinyml::cli
