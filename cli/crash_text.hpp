// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace tinyml::cli {

/// A crash as the service tells it, for people: cause, backtrace, registers.
[[nodiscard]] std::string crash_text(const nlohmann::json &crash);

/// Watches a device's console for crash reports and has the service put names to them.
class CrashWatch {
public:
  explicit CrashWatch(std::string service_url) : service_url_(std::move(service_url)) {}

  /// Takes console output as it comes; returns what to show after it, mostly nothing.
  [[nodiscard]] std::string take(std::string_view text);

private:
  std::string service_url_;
  std::string report_; ///< from the last FAULT on, while it is not whole
};

} // namespace tinyml::cli
