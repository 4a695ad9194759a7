// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/cpu/armv7m/registers.hpp"
#include "os/drivers/nrf51_nvmc.hpp"
#include "os/drivers/nrf51_rng.hpp"
#include "os/drivers/nrf51_timer.hpp"
#include "os/drivers/nrf51_uart.hpp"

/// BBC micro:bit: nRF51822 with 256 KB flash and 16 KB RAM. Addresses and interrupt lines.
namespace tinyml::microbit {

inline constexpr const char kBoardName[] = "microbit";

inline constexpr std::uint32_t kFlashBytes = 256 * 1024;
inline constexpr std::uint32_t kBootBytes = 24 * 1024; ///< the bootloader; behind it is the store

inline constexpr hal::StoreInfo kStoreInfo = {.size_bytes = kFlashBytes - kBootBytes,
                                              .sector_bytes = 1024,
                                              .program_bytes = 4,
                                              .recovery_bytes = 48 * 1024};

using Line = drivers::Nrf51Uart<0x40002000>;
using Clock = drivers::Nrf51Timer<0x40008000>;
using Random = drivers::Nrf51Rng<0x4000D000>;
using Flash = drivers::Nrf51Nvmc<0x4001E000, kBootBytes>;

using LineInterrupt = armv7m::Interrupt<2>;
using ClockInterrupt = armv7m::Interrupt<8>;

/// Pins of the line to the interface chip.
inline constexpr std::uint32_t kTransmitPin = 24;
inline constexpr std::uint32_t kReceivePin = 25;

} // namespace tinyml::microbit
