// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <span>

namespace tinyml::tender {

/// The command line of tinyml-monitor.
struct MonitorOptions {
  const char *store = nullptr;
  const char *kernel = nullptr;  ///< a program that runs alone, instead of what the store holds
  std::uint16_t switch_port = 0; ///< 0: the cable is not plugged in
  std::uint16_t gdb_port = 0;    ///< 0: no debugger
  std::uint32_t memory_bytes = 32U << 20;
  std::uint32_t max_seconds = 0;     ///< 0: no limit
  std::uint32_t max_cpu_seconds = 0; ///< 0: no limit
  bool statistics = false;
};

extern const char *const kMonitorUsage;

/// kInvalidInput says which argument and why.
[[nodiscard]] Expected<MonitorOptions> parse_options(std::span<const char *const> arguments);

} // namespace tinyml::tender
