// SPDX-License-Identifier: Apache-2.0
#include "os/boards/virt-rv32/machine.hpp"
#include "os/cpu/riscv32/registers.hpp"
#include "os/hal.hpp"

namespace tinyml::hal {

namespace {

constexpr std::uint32_t kTimerInterrupt = 1U << 7;

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

} // namespace

std::uint64_t cycle_count() { return riscv32::instructions(); }

std::uint64_t monotonic_ns() { return ticks() * virt::kNanosecondsPerTick; }

std::uint64_t wall_clock_ns() { return 0; } // nobody has asked the machine's real-time clock yet

/// The alarm's interrupt is enabled but never taken: it only ends the wfi.
bool wait_until(std::uint64_t deadline_ns) {
  riscv32::write_csr<riscv32::Csr::kInterruptEnable>(kTimerInterrupt);
  for (;;) {
    const std::uint64_t now = monotonic_ns();
    if (now >= deadline_ns) {
      return false;
    }
    const std::uint64_t alarm = ticks() + (deadline_ns - now) / virt::kNanosecondsPerTick + 1;
    virt::AlarmHigh::write(static_cast<std::uint32_t>(alarm >> 32));
    virt::AlarmLow::write(static_cast<std::uint32_t>(alarm));
    asm volatile("wfi" ::: "memory");
  }
}

} // namespace tinyml::hal
