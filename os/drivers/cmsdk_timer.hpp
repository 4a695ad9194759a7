// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/mmio.hpp"

namespace tinyml::drivers {

/// Arm's CMSDK APB timer (Cortex-M System Design Kit TRM, 4.4) as an alarm: one interrupt after a
/// number of ticks of the system clock.
template <std::uintptr_t Base> class CmsdkTimer {
public:
  static void alarm_after(std::uint32_t ticks) {
    Control::write(0);
    Reload::write(ticks);
    Value::write(ticks);
    Control::write(kEnable | kInterruptEnable);
  }

  static void stop() {
    Control::write(0);
    InterruptClear::write(1);
  }

private:
  using Control = Register<Base + 0x0>;
  using Value = Register<Base + 0x4>;
  using Reload = Register<Base + 0x8>;
  using InterruptClear = Register<Base + 0xC>;
  static constexpr std::uint32_t kEnable = 1U << 0;
  static constexpr std::uint32_t kInterruptEnable = 1U << 3;
};

} // namespace tinyml::drivers
