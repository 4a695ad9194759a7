// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/mmio.hpp"

namespace tinyml::drivers {

/// System timer of Arm's SSE-300 subsystem (its TRM, "System timer" and "System counter") as an
/// alarm: one interrupt after a number of ticks of the system counter, which this starts when it is
/// first needed.
template <std::uintptr_t Base, std::uintptr_t Counter> class SseTimer {
public:
  static void alarm_after(std::uint32_t ticks) {
    CounterControl::write(kCounterEnable);
    Control::write(0);
    TimerValue::write(ticks);
    Control::write(kEnable);
  }

  static void stop() { Control::write(0); }

private:
  using CounterControl = Register<Counter>;
  using TimerValue = Register<Base + 0x28>;
  using Control = Register<Base + 0x2C>;
  static constexpr std::uint32_t kCounterEnable = 1;
  static constexpr std::uint32_t kEnable = 1; // and the interrupt not masked
};

} // namespace tinyml::drivers
