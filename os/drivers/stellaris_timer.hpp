// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/mmio.hpp"

namespace tinyml::drivers {

/// General-purpose timer of the Stellaris family (LM3S6965 data sheet, chapter 9) as an alarm: one
/// interrupt after a number of ticks of the system clock.
template <std::uintptr_t Base> class StellarisTimer {
public:
  static void alarm_after(std::uint32_t ticks) {
    Control::write(0);
    Configuration::write(kOneOf32Bits);
    Mode::write(kOneShot);
    Load::write(ticks);
    InterruptMask::write(kTimeOut);
    Control::write(kEnable);
  }

  static void stop() {
    Control::write(0);
    InterruptClear::write(kTimeOut);
  }

private:
  using Configuration = Register<Base + 0x00>;
  using Mode = Register<Base + 0x04>;
  using Control = Register<Base + 0x0C>;
  using InterruptMask = Register<Base + 0x18>;
  using InterruptClear = Register<Base + 0x24>;
  using Load = Register<Base + 0x28>;
  static constexpr std::uint32_t kOneOf32Bits = 0;
  static constexpr std::uint32_t kOneShot = 1;
  static constexpr std::uint32_t kEnable = 1U << 0;
  static constexpr std::uint32_t kTimeOut = 1U << 0;
};

} // namespace tinyml::drivers
