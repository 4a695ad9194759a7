// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/drivers/mmio.hpp"

#include <algorithm>

namespace tinyml::drivers {

/// Arm's PrimeCell synchronous serial port PL022 (DDI 0194, chapter 3) as the master of an SPI bus:
/// mode 0, bytes. Whoever uses it drives the chip select.
template <std::uintptr_t Base> class Pl022 {
public:
  /// The bus runs at the port's clock divided by this even number, 2 to 254.
  static void start(std::uint32_t divider) {
    Control1::write(0);
    Control0::write(kEightBits);
    Prescale::write(divider);
    Control1::write(kEnable);
  }

  static std::uint8_t exchange(std::uint8_t byte) {
    Data::write(byte);
    return take();
  }

  static void send(ByteView bytes) {
    for (; !bytes.empty(); bytes = bytes.subspan(fifo_part(bytes.size()))) {
      for (const std::uint8_t byte : bytes.first(fifo_part(bytes.size()))) {
        Data::write(byte);
      }
      for (std::size_t left = fifo_part(bytes.size()); left > 0; --left) {
        (void)take();
      }
    }
  }

  /// Sends ones, as an SD card wants it.
  static void receive(ByteSpan bytes) {
    for (; !bytes.empty(); bytes = bytes.subspan(fifo_part(bytes.size()))) {
      request(fifo_part(bytes.size()));
      for (std::uint8_t &byte : bytes.first(fifo_part(bytes.size()))) {
        byte = take();
      }
    }
  }

  static void skip(std::size_t count) {
    for (; count > 0; count -= fifo_part(count)) {
      request(fifo_part(count));
      for (std::size_t left = fifo_part(count); left > 0; --left) {
        (void)take();
      }
    }
  }

private:
  using Control0 = Register<Base + 0x00>;
  using Control1 = Register<Base + 0x04>;
  using Data = Register<Base + 0x08>;
  using State = Register<Base + 0x0C>;
  using Prescale = Register<Base + 0x10>;
  static constexpr std::uint32_t kEightBits = 7;
  static constexpr std::uint32_t kEnable = 1U << 1;
  static constexpr std::uint32_t kReceived = 1U << 2;
  static constexpr std::size_t kFifoBytes = 8;

  static std::size_t fifo_part(std::size_t count) { return std::min(count, kFifoBytes); }

  static void request(std::size_t count) {
    for (; count > 0; --count) {
      Data::write(0xFF);
    }
  }

  static std::uint8_t take() {
    while ((State::read() & kReceived) == 0) {
    }
    return static_cast<std::uint8_t>(Data::read());
  }
};

} // namespace tinyml::drivers
