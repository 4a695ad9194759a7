// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace tinyml::tender {

/// When a machine that ended is started again: at once after a long life, ever later when it ends
/// soon after each start.
class RestartPolicy {
public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds kFirstPause{200};
  static constexpr std::chrono::milliseconds kLongestPause{30'000};
  /// Who lives this long is well again.
  static constexpr std::chrono::milliseconds kWellAfter{10'000};

  /// The machine ended now; the value is when to start it again.
  [[nodiscard]] Time ended(Time started, Time now);

private:
  std::chrono::milliseconds pause_{0};
};

} // namespace tinyml::tender
