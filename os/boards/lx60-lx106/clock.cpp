// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lx60-lx106/machine.hpp"
#include "os/cpu/xtensa/registers.hpp"
#include "os/hal.hpp"

#include <algorithm>

namespace tinyml::hal {

namespace {

/// Within a period of CCOUNT, and its nanoseconds fit 32 bits: no 64-bit division.
constexpr std::uint32_t kLongestSleepNs = 4'000'000'000;

/// Sleeps until a frame or the alarm. Interrupts are held from before the last look at the
/// controller on, so that a frame which comes after it still ends the sleep.
void sleep(std::uint32_t counts) {
  using namespace xtensa;
  hold_interrupts();
  lx60::Ethernet::acknowledge();
  if (!lx60::Ethernet::frame_waits()) {
    const std::uint32_t start = read<Special::kCount>();
    write<Special::kAlarm>(start + counts);
    // An alarm whose time went by before it was set rings a period of CCOUNT later.
    if (read<Special::kCount>() - start < counts) {
      xtensa::sleep(lx60::kAlarmInterrupt | lx60::kEthernetInterrupt);
    }
  }
}

} // namespace

/// CCOUNT has 32 bits; whoever looks at least once in its period (107 s) misses no wrap.
std::uint64_t cycle_count() {
  static std::uint64_t last = 0;
  last += xtensa::read<xtensa::Special::kCount>() - static_cast<std::uint32_t>(last);
  return last;
}

std::uint64_t monotonic_ns() { return cycle_count() * lx60::kNanosecondsPerCount; }

std::uint64_t wall_clock_ns() { return 0; } // no battery-backed clock

bool wait_until(std::uint64_t deadline_ns) {
  lx60::ensure_network();
  while (!lx60::Ethernet::frame_waits()) {
    const std::uint64_t now = monotonic_ns();
    if (now >= deadline_ns) {
      return false;
    }
    const auto left =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(deadline_ns - now, kLongestSleepNs));
    sleep(left / lx60::kNanosecondsPerCount + 1);
  }
  return true;
}

} // namespace tinyml::hal
