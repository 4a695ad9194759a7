// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace tinyml::drivers {

/// Transmitter of a 16550 UART (PC16550D data sheet, 8.0) with byte registers `1 << Log2Stride`
/// apart, as the firmware or the emulator left it.
template <std::uintptr_t Base, unsigned Log2Stride = 0> class Ns16550 {
public:
  static void write(std::string_view text) {
    for (const char c : text) {
      while ((at(kLineStatus) & kTransmitEmpty) == 0) {
      }
      at(kTransmit) = static_cast<std::uint8_t>(c);
    }
  }

private:
  static volatile std::uint8_t &at(std::uintptr_t index) {
    return *reinterpret_cast<volatile std::uint8_t *>(Base + (index << Log2Stride));
  }
  static constexpr std::uintptr_t kTransmit = 0;
  static constexpr std::uintptr_t kLineStatus = 5;
  static constexpr std::uint8_t kTransmitEmpty = 1U << 5;
};

} // namespace tinyml::drivers
