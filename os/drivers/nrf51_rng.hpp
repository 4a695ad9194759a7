// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/drivers/mmio.hpp"

namespace tinyml::drivers {

/// Random number generator of the nRF51 series (nRF51 Series Reference Manual 3.0, 21): thermal
/// noise, with its bias corrected. Runs only while bytes are asked for; one takes about 0.7 ms.
template <std::uintptr_t Base> class Nrf51Rng {
public:
  static void fill(ByteSpan to) {
    Config::write(kCorrectBias);
    Ready::write(0);
    Start::write(1);
    for (std::uint8_t &byte : to) {
      while (Ready::read() == 0) {
      }
      Ready::write(0);
      byte = static_cast<std::uint8_t>(Value::read());
    }
    Stop::write(1);
  }

private:
  using Start = Register<Base + 0x000>;
  using Stop = Register<Base + 0x004>;
  using Ready = Register<Base + 0x100>; ///< EVENTS_VALRDY
  using Config = Register<Base + 0x504>;
  using Value = Register<Base + 0x508>;
  static constexpr std::uint32_t kCorrectBias = 1;
};

} // namespace tinyml::drivers
