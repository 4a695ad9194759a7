// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/mmio.hpp"

namespace tinyml::drivers {

/// TIMER of the nRF51 series (nRF51 Series Reference Manual 3.0, 18): counts the 16 MHz clock in 32
/// bits and wakes the processor at one moment. The part has no SysTick.
template <std::uintptr_t Base> class Nrf51Timer {
public:
  static constexpr std::uint32_t kHz = 16'000'000;

  static void start() {
    BitMode::write(k32Bits);
    Prescaler::write(0);
    InterruptEnable::write(kAlarmBit);
    Start::write(1);
  }

  /// Ticks since the start; wraps after 268 s.
  [[nodiscard]] static std::uint32_t ticks() {
    CaptureNow::write(1);
    return Now::read();
  }

  /// Raises the timer's interrupt line when ticks() reaches `at`, and lowers it until then.
  static void alarm_at(std::uint32_t at) {
    Alarm::write(at);
    AlarmReached::write(0);
  }

  [[nodiscard]] static bool alarm_reached() { return AlarmReached::read() != 0; }

private:
  using Start = Register<Base + 0x000>;
  using CaptureNow = Register<Base + 0x040>;   ///< TASKS_CAPTURE[0]
  using AlarmReached = Register<Base + 0x144>; ///< EVENTS_COMPARE[1]
  using InterruptEnable = Register<Base + 0x304>;
  using BitMode = Register<Base + 0x508>;
  using Prescaler = Register<Base + 0x510>;
  using Now = Register<Base + 0x540>;   ///< CC[0]
  using Alarm = Register<Base + 0x544>; ///< CC[1]
  static constexpr std::uint32_t k32Bits = 3;
  static constexpr std::uint32_t kAlarmBit = 1U << 17;
};

} // namespace tinyml::drivers
