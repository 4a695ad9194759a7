// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/diagnostics/crash_record.hpp"
#include "protocol/diagnostics/event.hpp"

#include <cstring>

namespace tinyml {

/// Memory that outlives a reset but not a power cycle: why the machine starts, what the latest
/// crash left, and the latest events. A board gives it a place that no start code clears, the same
/// for every image and for the bootloader, and calls validate() at each start, then begin_run()
/// (images only).
struct Retained {
  static constexpr std::uint32_t kMagic = 0x32544E44;
  static constexpr std::uint32_t kEvents = 32; ///< a power of two

  std::uint32_t magic;
  std::uint32_t reset_reason;                     ///< of hal::BootInfo; for the next start
  std::uint32_t starts;                           ///< of images, since power-on
  std::uint32_t check;                            ///< ~starts
  std::uint8_t image[diagnostics::kImageIdBytes]; ///< of the running image; zero until it says so
  diagnostics::CrashRecordOf<std::uintptr_t> crash;
  // The event log, as it is read over CoAP.
  std::uint32_t event_count; ///< ever written; the latest lies at (event_count - 1) % kEvents
  std::uint32_t ticks_now;   ///< when it was read last
  diagnostics::Event events[kEvents];

  /// Clears everything unless it was written by us: RAM holds anything after power-on.
  void validate() {
    if (magic != kMagic || check != ~starts) {
      std::memset(static_cast<void *>(this), 0, sizeof(*this));
      magic = kMagic;
      check = ~starts;
    }
  }
  /// An image starts: returns and forgets the reason.
  std::uint8_t begin_run() {
    const auto reason = static_cast<std::uint8_t>(reset_reason);
    reset_reason = 0;
    check = ~++starts;
    std::memset(image, 0, sizeof(image));
    return reason;
  }
};
inline constexpr std::size_t kEventLogBytes = sizeof(Retained) - offsetof(Retained, event_count);
static_assert(sizeof(void *) != 4 || sizeof(Retained) == 448);

} // namespace tinyml
