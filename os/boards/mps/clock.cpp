// SPDX-License-Identifier: Apache-2.0
#include "os/boards/mps/family.hpp"
#include "os/cpu/armv7m/cycle_counter.hpp"
#include "os/cpu/armv7m/registers.hpp"
#include "os/hal.hpp"

#include <algorithm>

namespace tinyml::hal {

namespace {

/// Far beyond any deadline that matters, and its nanoseconds fit 32 bits: no 64-bit division.
constexpr std::uint32_t kLongestSleepNs = 4'000'000'000;

void clear_wake_interrupts() {
  mps::AlarmInterrupt::clear_pending();
  mps::EthernetInterrupt::clear_pending();
}

/// Sleeps until a frame, the alarm or any other interrupt. Interrupts are held, so that one which
/// comes between the look at the FIFO and the wfi still ends the wfi, and neither line needs a
/// handler.
void sleep(std::uint32_t alarm_ticks) {
  const armv7m::InterruptsHeld held;
  mps::Ethernet::acknowledge();
  if (mps::Ethernet::frame_waits()) {
    return;
  }
  mps::Alarm::alarm_after(alarm_ticks);
  clear_wake_interrupts();
  mps::AlarmInterrupt::enable();
  mps::EthernetInterrupt::enable();
  asm volatile("dsb\n wfi" ::: "memory");
  mps::AlarmInterrupt::disable();
  mps::EthernetInterrupt::disable();
  mps::Alarm::stop();
  clear_wake_interrupts();
}

} // namespace

std::uint64_t cycle_count() { return armv7m::cycles(); }

std::uint64_t monotonic_ns() { return armv7m::cycles() * mps::kPeriodNs / mps::kPeriodTicks; }

std::uint64_t wall_clock_ns() { return 0; } // no battery-backed clock

bool wait_until(std::uint64_t deadline_ns) {
  mps::ensure_network();
  while (!mps::Ethernet::frame_waits()) {
    const std::uint64_t now = monotonic_ns();
    if (now >= deadline_ns) {
      return false;
    }
    const auto left =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(deadline_ns - now, kLongestSleepNs));
    sleep(left / mps::kPeriodNs * mps::kPeriodTicks + mps::kPeriodTicks);
  }
  return true;
}

} // namespace tinyml::hal
