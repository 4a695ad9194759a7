// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lx60-lx106/machine.hpp"
#include "os/hal.hpp"

namespace tinyml::hal {

/// CCOUNT has 32 bits; whoever looks at least once in its period (107 s) misses no wrap.
std::uint64_t cycle_count() {
  static std::uint64_t last = 0;
  std::uint32_t count = 0;
  asm volatile("rsr.ccount %0" : "=r"(count));
  last += count - static_cast<std::uint32_t>(last);
  return last;
}

std::uint64_t monotonic_ns() { return cycle_count() * lx60::kNanosecondsPerCount; }

std::uint64_t wall_clock_ns() { return 0; }

/// Nothing comes here: there is no network. The programs of this kit run a job and end, so nobody
/// waits long enough for a sleep.
bool wait_until(std::uint64_t deadline_ns) {
  while (monotonic_ns() < deadline_ns) {
  }
  return false;
}

} // namespace tinyml::hal
