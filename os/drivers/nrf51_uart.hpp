// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/mmio.hpp"

namespace tinyml::drivers {

/// UART of the nRF51 series (nRF51 Series Reference Manual 3.0, 29). Six bytes wait in its FIFO;
/// with hardware flow control the other end waits for the rest, so that nothing is lost while the
/// program looks elsewhere and no buffer and no interrupt handler is needed.
template <std::uintptr_t Base> class Nrf51Uart {
public:
  static constexpr std::uint32_t kBaud1M = 0x10000000;

  static void start(std::uint32_t transmit_pin, std::uint32_t receive_pin, std::uint32_t baud) {
    TransmitPin::write(transmit_pin);
    ReceivePin::write(receive_pin);
    BaudRate::write(baud);
    Config::write(kFlowControl);
    Enable::write(kEnabled);
    StartReceive::write(1);
    StartTransmit::write(1);
    InterruptEnable::write(kReceivedBit);
  }

  static void put(std::uint8_t byte) {
    TransmitDone::write(0);
    TransmitData::write(byte);
    while (TransmitDone::read() == 0) {
    }
  }

  [[nodiscard]] static bool byte_waits() { return Received::read() != 0; }
  /// The byte that waits. The event is cleared before the byte is taken: the next one raises it
  /// anew.
  [[nodiscard]] static std::uint8_t take() {
    Received::write(0);
    return static_cast<std::uint8_t>(ReceiveData::read());
  }

private:
  using StartReceive = Register<Base + 0x000>;
  using StartTransmit = Register<Base + 0x008>;
  using Received = Register<Base + 0x108>;     ///< EVENTS_RXDRDY
  using TransmitDone = Register<Base + 0x11C>; ///< EVENTS_TXDRDY
  using InterruptEnable = Register<Base + 0x304>;
  using Enable = Register<Base + 0x500>;
  using TransmitPin = Register<Base + 0x50C>;
  using ReceivePin = Register<Base + 0x514>;
  using ReceiveData = Register<Base + 0x518>;
  using TransmitData = Register<Base + 0x51C>;
  using BaudRate = Register<Base + 0x524>;
  using Config = Register<Base + 0x56C>;
  static constexpr std::uint32_t kEnabled = 4;
  static constexpr std::uint32_t kFlowControl = 1;
  static constexpr std::uint32_t kReceivedBit = 1U << 2;
};

} // namespace tinyml::drivers
