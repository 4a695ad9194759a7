// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "protocol/diagnostics/crash_record.hpp"
#include "protocol/diagnostics/event.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tinyml::service {

/// A crash record, read from its bytes: the same for machines of 32 and 64 bits.
struct CrashReport {
  diagnostics::Architecture architecture{};
  diagnostics::CrashCause cause{};
  std::uint32_t raw_cause = 0;
  std::string image; ///< 16 hex digits of the image's SHA-256; "" when the device did not know
  std::uint64_t uptime_ms = 0;
  unsigned word_bytes = 4;
  std::uint64_t fault_address = 0;
  std::uint64_t pc = 0;
  std::uint64_t sp = 0;
  std::uint64_t return_address = 0;
  std::vector<std::pair<std::string, std::uint64_t>> registers; ///< by the processor's names
  std::vector<std::uint64_t> calls; ///< candidates from the stack, innermost first
};

/// kInvalidInput when the bytes are no whole record.
[[nodiscard]] Expected<CrashReport> read_crash(ByteView record);

/// The records in a device's console output, oldest first: what a fault handler printed.
[[nodiscard]] std::vector<std::vector<std::uint8_t>> crashes_on_console(std::string_view text);

/// One entry of a device's event log.
struct LoggedEvent {
  diagnostics::EventId id{};
  std::uint32_t argument = 0;
  std::uint64_t uptime_ms = 0; ///< of the run that it happened in
};

struct EventLog {
  std::uint32_t ever = 0; ///< events since power-on; the log has the latest of them
  std::uint64_t uptime_ms = 0;
  std::vector<LoggedEvent> events; ///< oldest first
};

/// kInvalidInput when the bytes are no event log.
[[nodiscard]] Expected<EventLog> read_events(ByteView log);

/// "registered", "download progress"
[[nodiscard]] std::string_view describe(diagnostics::EventId id);

} // namespace tinyml::service
