// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lm3s6965evb/machine.hpp"
#include "os/cpu/armv7m/cycle_counter.hpp"
#include "os/hal.hpp"

#include <algorithm>

namespace tinyml::hal {

namespace {

/// Far beyond any deadline that matters, and its nanoseconds fit 32 bits: no 64-bit division.
constexpr std::uint32_t kLongestSleepNs = 4'000'000'000;

void clear_wake_interrupts() {
  lm3s::AlarmInterrupt::clear_pending();
  lm3s::EthernetInterrupt::clear_pending();
}

/// Sleeps until a frame, the alarm or any other interrupt. Interrupts are held, so that one which
/// comes between the look at the FIFO and the wfi still ends the wfi, and neither line needs a
/// handler.
void sleep(std::uint32_t alarm_ticks) {
  const armv7m::InterruptsHeld held;
  lm3s::Ethernet::acknowledge();
  if (lm3s::Ethernet::frame_waits()) {
    return;
  }
  lm3s::Alarm::alarm_after(alarm_ticks);
  clear_wake_interrupts();
  lm3s::AlarmInterrupt::enable();
  lm3s::EthernetInterrupt::enable();
  asm volatile("dsb\n wfi" ::: "memory");
  lm3s::AlarmInterrupt::disable();
  lm3s::EthernetInterrupt::disable();
  lm3s::Alarm::stop();
  clear_wake_interrupts();
}

} // namespace

std::uint64_t cycle_count() { return armv7m::cycles(); }

std::uint64_t monotonic_ns() { return armv7m::cycles() * lm3s::kTickNs; }

std::uint64_t wall_clock_ns() { return 0; } // the calendar of the hibernation module has no battery

bool wait_until(std::uint64_t deadline_ns) {
  lm3s::ensure_network();
  while (!lm3s::Ethernet::frame_waits()) {
    const std::uint64_t now = monotonic_ns();
    if (now >= deadline_ns) {
      return false;
    }
    const auto left =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(deadline_ns - now, kLongestSleepNs));
    sleep(left / lm3s::kTickNs + 1);
  }
  return true;
}

} // namespace tinyml::hal
