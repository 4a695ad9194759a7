// SPDX-License-Identifier: Apache-2.0
#include "os/cpu/armv7m/cycle_counter.hpp"

#include "os/cpu/armv7m/registers.hpp"

namespace {

constexpr std::uint32_t kPeriod = 1U << 24;
volatile std::uint32_t systick_wraps;

/// SysTick stands at zero for one tick before it reloads, and an emulator may show zero before it
/// has raised the interrupt. Zero is therefore never used: both cases are over within a tick.
std::uint32_t nonzero_value() {
  std::uint32_t value = 0;
  while (value == 0) {
    value = tinyml::armv7m::SysTickValue::read();
  }
  return value;
}

} // namespace

extern "C" void tinyml_systick_interrupt() { systick_wraps = systick_wraps + 1; }

namespace tinyml::armv7m {

void start_cycle_counter() {
  SysTickReload::write(kPeriod - 1);
  SysTickValue::write(0);
  SysTickControl::write(kSysTickEnable | kSysTickInterrupt | kSysTickProcessorClock);
}

std::uint64_t cycles() {
  const InterruptsHeld held;
  std::uint32_t value = nonzero_value();
  std::uint32_t wraps = systick_wraps;
  if ((InterruptControl::read() & kSysTickPending) != 0) {
    value = nonzero_value(); // wrapped while held: the earlier value may be of either period
    ++wraps;
  }
  return (static_cast<std::uint64_t>(wraps) << 24) + (kPeriod - value);
}

} // namespace tinyml::armv7m
