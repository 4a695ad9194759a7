// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/cpu/armv7m/registers.hpp"
#include "os/drivers/cmsdk_uart.hpp"
#include "os/drivers/lan9118.hpp"
#include "os/drivers/sse_timer.hpp"

/// Arm MPS3 with the Corstone-300 image of application note AN547 (Cortex-M55): addresses,
/// interrupt lines and clock. Everything runs in the secure state.
namespace tinyml::mps {

inline constexpr const char kBoardName[] = "mps3-an547";
inline constexpr std::uint32_t kClockHz = 32'000'000;
/// This many nanoseconds are this many ticks of the clock.
inline constexpr std::uint32_t kPeriodNs = 125;
inline constexpr std::uint32_t kPeriodTicks = 4;

inline constexpr std::uint32_t kFlashBase = 0x00000000; ///< the ITCM stands for flash
inline constexpr std::uint32_t kFlashLog2 = 19;
inline constexpr std::uint32_t kRamBase = 0x20000000; ///< the DTCM
inline constexpr std::uint32_t kRamLog2 = 19;
/// The first 16 MiB of the board's DDR4 stand for an external NOR flash.
inline constexpr std::uint32_t kStoreBase = 0x60000000;
inline constexpr std::uint32_t kStoreLog2 = 24;
inline constexpr std::uint32_t kPeripheralBase = 0x50000000;
inline constexpr std::uint32_t kPeripheralLog2 = 28;

using Console = drivers::CmsdkUart<0x59303000>;
using Alarm = drivers::SseTimer<0x58000000, 0x58100000>;
using Ethernet = drivers::Lan9118<0x51400000>;

using AlarmInterrupt = armv7m::Interrupt<3>;
using EthernetInterrupt = armv7m::Interrupt<49>;

} // namespace tinyml::mps
