// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/mmio.hpp"

#include <string_view>

namespace tinyml::drivers {

/// Transmitter of Arm's CMSDK APB UART (Cortex-M System Design Kit TRM, 4.3). Waits for room byte
/// by byte.
template <std::uintptr_t Base> class CmsdkUart {
public:
  static void start(std::uint32_t clock_divider) {
    BaudDivider::write(clock_divider);
    Control::write(kTransmitEnable);
  }

  static void write(std::string_view text) {
    for (const char c : text) {
      while ((State::read() & kTransmitFull) != 0) {
      }
      Data::write(static_cast<std::uint8_t>(c));
    }
  }

private:
  using Data = Register<Base + 0x0>;
  using State = Register<Base + 0x4>;
  using Control = Register<Base + 0x8>;
  using BaudDivider = Register<Base + 0x10>;
  static constexpr std::uint32_t kTransmitFull = 1;
  static constexpr std::uint32_t kTransmitEnable = 1;
};

} // namespace tinyml::drivers
