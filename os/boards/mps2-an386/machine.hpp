// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/cpu/armv7m/registers.hpp"
#include "os/drivers/cmsdk_timer.hpp"
#include "os/drivers/cmsdk_uart.hpp"
#include "os/drivers/lan9118.hpp"

/// Arm MPS2 with the Cortex-M4F image of application note AN386: addresses, interrupt lines and
/// clock.
namespace tinyml::mps {

inline constexpr const char kBoardName[] = "mps2-an386";
inline constexpr std::uint32_t kClockHz = 25'000'000;
/// This many nanoseconds are this many ticks of the clock.
inline constexpr std::uint32_t kPeriodNs = 40;
inline constexpr std::uint32_t kPeriodTicks = 1;

inline constexpr std::uint32_t kFlashBase =
    0x00000000; ///< 512 KB of the board's SSRAM stand for flash
inline constexpr std::uint32_t kFlashLog2 = 19;
inline constexpr std::uint32_t kRamBase = 0x20000000; ///< 256 KB of its SRAM stand for the RAM
inline constexpr std::uint32_t kRamLog2 = 18;
inline constexpr std::uint32_t kStoreBase = 0x21000000; ///< PSRAM stands for an external NOR flash
inline constexpr std::uint32_t kStoreLog2 = 24;
inline constexpr std::uint32_t kPeripheralBase = 0x40000000;
inline constexpr std::uint32_t kPeripheralLog2 = 22;

using Console = drivers::CmsdkUart<0x40004000>;
using Alarm = drivers::CmsdkTimer<0x40000000>;
using Ethernet = drivers::Lan9118<0x40200000>;

using AlarmInterrupt = armv7m::Interrupt<8>;
using EthernetInterrupt = armv7m::Interrupt<13>;

} // namespace tinyml::mps
