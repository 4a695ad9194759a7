// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/mmio.hpp"

#include <string_view>

namespace tinyml::drivers {

/// Transmitter of Arm's PrimeCell UART PL011 (DDI 0183, chapter 3). Waits for room byte by byte.
template <std::uintptr_t Base> class Pl011 {
public:
  /// 8 bits, no parity, one stop bit. The divider counts 64ths of 16 clock periods.
  static void start(std::uint32_t divider_64ths) {
    Control::write(0);
    IntegerDivider::write(divider_64ths >> 6);
    FractionalDivider::write(divider_64ths & 63);
    LineControl::write(kEightBits | kFifo);
    Control::write(kEnable | kTransmit);
  }

  static void write(std::string_view text) {
    for (const char c : text) {
      while ((Flags::read() & kTransmitFull) != 0) {
      }
      Data::write(static_cast<std::uint8_t>(c));
    }
  }

private:
  using Data = Register<Base + 0x00>;
  using Flags = Register<Base + 0x18>;
  using IntegerDivider = Register<Base + 0x24>;
  using FractionalDivider = Register<Base + 0x28>;
  using LineControl = Register<Base + 0x2C>;
  using Control = Register<Base + 0x30>;
  static constexpr std::uint32_t kTransmitFull = 1U << 5;
  static constexpr std::uint32_t kFifo = 1U << 4;
  static constexpr std::uint32_t kEightBits = 3U << 5;
  static constexpr std::uint32_t kEnable = 1U << 0;
  static constexpr std::uint32_t kTransmit = 1U << 8;
};

} // namespace tinyml::drivers
