// SPDX-License-Identifier: Apache-2.0
#include "line.hpp"
#include "machine.hpp"
#include "os/hal.hpp"

#include <algorithm>

namespace tinyml::hal {

namespace {

using microbit::Clock;
using microbit::Line;

/// Half of what the counter holds: a longer sleep would hide a wrap.
constexpr std::uint64_t kLongestSleepNs = 120'000'000'000;
void sleep(std::uint32_t ticks) {
  const std::uint32_t start = Clock::ticks();
  Clock::alarm_at(start + ticks);
  if (Clock::ticks() - start < ticks) { // else it was set when its moment had passed
    microbit::sleep_until_byte_or_alarm();
  }
}

} // namespace

} // namespace tinyml::hal

/// Interrupts are held, so that one which comes between the look at line and clock and the wfi
/// still ends the wfi, and neither needs a handler.
void tinyml::microbit::sleep_until_byte_or_alarm() {
  const armv7m::InterruptsHeld held;
  LineInterrupt::clear_pending();
  ClockInterrupt::clear_pending();
  LineInterrupt::enable();
  ClockInterrupt::enable();
  if (!Line::byte_waits() && !Clock::alarm_reached()) {
    asm volatile("dsb\n wfi" ::: "memory");
  }
  LineInterrupt::disable();
  ClockInterrupt::disable();
}

namespace tinyml::hal {

/// The counter's wraps are seen because nobody stays away for 268 s: wait_until() does not.
std::uint64_t cycle_count() {
  static std::uint32_t wraps;
  static std::uint32_t latest;
  const std::uint32_t now = Clock::ticks();
  wraps += now < latest ? 1 : 0;
  latest = now;
  return (static_cast<std::uint64_t>(wraps) << 32) | now;
}

/// 62.5 ns a tick.
std::uint64_t monotonic_ns() {
  const std::uint64_t ticks = cycle_count();
  return (ticks << 6) - ticks - (ticks >> 1);
}

std::uint64_t wall_clock_ns() { return 0; } // no battery-backed clock

bool wait_until(std::uint64_t deadline_ns) {
  while (!Line::byte_waits()) {
    const std::uint64_t now = monotonic_ns();
    if (now >= deadline_ns) {
      return false;
    }
    // A tick is taken for 64 ns: a short sleep may follow a long one.
    const auto left = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(deadline_ns - now, kLongestSleepNs) >> 6);
    sleep(left + 1);
  }
  return true;
}

} // namespace tinyml::hal
