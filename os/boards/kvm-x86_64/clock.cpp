// SPDX-License-Identifier: Apache-2.0
#include "os/boards/kvm-x86_64/machine.hpp"

namespace tinyml {

namespace {

std::uint64_t base_count = 0;
std::uint64_t base_ns = 0;

std::uint64_t counter() {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

std::uint64_t ns_since(std::uint64_t count) {
  using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((Wide(counter() - count) * kvm::machine().ns_per_count) >> 32);
}

} // namespace

void kvm::take_time() {
  const std::uint64_t before = base_count == 0 ? 0 : hal::monotonic_ns();
  base_count = counter();
  base_ns = before > machine().now_ns ? before : machine().now_ns;
}

std::uint64_t hal::monotonic_ns() { return base_ns + ns_since(base_count); }

std::uint64_t hal::wall_clock_ns() { return kvm::machine().wall_zero_ns + monotonic_ns(); }

std::uint64_t hal::cycle_count() { return counter(); }

bool hal::wait_until(std::uint64_t deadline_ns) {
  if (kvm::machine().received > kvm::taken_frames) {
    return true;
  }
  for (;;) { // the monitor may have other reasons to end a wait
    const bool frames = kvm::ask(kvm::Call::kWait, deadline_ns) != 0;
    kvm::taken_frames = 0;
    kvm::take_time();
    if (frames || monotonic_ns() >= deadline_ns) {
      return frames;
    }
  }
}

} // namespace tinyml
