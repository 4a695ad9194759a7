// SPDX-License-Identifier: Apache-2.0
#include "os/boards/riscv-virt/family.hpp"
#include "os/cpu/riscv/trap.hpp"
#include "os/hal.hpp"

#include <algorithm>

namespace tinyml {

namespace {

/// Far beyond any deadline that matters, and its nanoseconds fit 32 bits: no 64-bit division.
constexpr std::uint32_t kLongestSleepNs = 4'000'000'000;

std::uint64_t ticks() {
  std::uint32_t high = virt::TimeHigh::read();
  for (;;) {
    const std::uint32_t low = virt::TimeLow::read();
    const std::uint32_t again = virt::TimeHigh::read();
    if (high == again) {
      return (static_cast<std::uint64_t>(high) << 32) | low;
    }
    high = again;
  }
}

/// Sleeps until a frame or the alarm, also one that comes between the look at the queue and the
/// sleep.
void sleep(std::uint32_t alarm_ticks) {
  virt::Ethernet::acknowledge();
  if (!virt::Ethernet::frame_waits()) {
    virt::pause(alarm_ticks);
  }
}

} // namespace

void virt::pause(std::uint32_t timer_ticks) {
  const std::uint64_t alarm = ticks() + timer_ticks;
  AlarmHigh::write(static_cast<std::uint32_t>(alarm >> 32));
  AlarmLow::write(static_cast<std::uint32_t>(alarm));
  riscv::sleep();
  LineClaimed::write(LineClaimed::read()); // claimed, and done with; 0: it was the alarm
}

namespace hal {

std::uint64_t cycle_count() { return riscv::instructions(); }

std::uint64_t monotonic_ns() { return ticks() * virt::kNanosecondsPerTick; }

std::uint64_t wall_clock_ns() { return 0; } // nobody has asked the machine's real-time clock yet

bool wait_until(std::uint64_t deadline_ns) {
  virt::ensure_network();
  while (!virt::Ethernet::frame_waits()) {
    const std::uint64_t now = monotonic_ns();
    if (now >= deadline_ns) {
      return false;
    }
    const auto left =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(deadline_ns - now, kLongestSleepNs));
    sleep(left / virt::kNanosecondsPerTick + 1);
  }
  return true;
}

} // namespace hal

} // namespace tinyml
