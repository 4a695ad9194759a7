// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/cfi_flash.hpp"
#include "os/drivers/mmio.hpp"
#include "os/drivers/ns16550.hpp"
#include "os/drivers/opencores_ethernet.hpp"

/// Cadence's LX60 FPGA board without a memory management unit, with the processor core of the
/// ESP8266: addresses, interrupts and clocks, as QEMU has them.
namespace tinyml::lx60 {

inline constexpr const char kBoardName[] = "lx60-lx106";

/// Rate of CCOUNT; under `-icount shift=0` a count is kNanosecondsPerCount instructions.
inline constexpr std::uint32_t kCountHz = 40'000'000;
inline constexpr std::uint32_t kNanosecondsPerCount = 1'000'000'000 / kCountHz;

inline constexpr std::uint32_t kRomBase = 0x40200000; ///< instruction memory that stands for flash
inline constexpr std::uint32_t kRomBytes = 1U << 20;
inline constexpr std::uint32_t kStoreBase = 0x98000000;
inline constexpr std::uint32_t kFlashBytes = 4U << 20;
inline constexpr std::uint32_t kFlashSectorBytes = 64U << 10;

using Console = drivers::Ns16550<0x9D050020, 2>;
using Flash = drivers::CfiFlash<kStoreBase, drivers::CfiChips::kOne16Bit>;
using Ethernet = drivers::OpenCoresEthernet<0x9D030000, 0x9D800000, 16384>;

inline constexpr std::uint32_t kEthernetInterrupt = 1U << 1;
inline constexpr std::uint32_t kAlarmInterrupt = 1U << 6;

/// Starts the machine again when it is given the word.
using Restart = drivers::Register<0x9D020010>;
inline constexpr std::uint32_t kRestartWord = 0xDEAD;

/// Brings the Ethernet controller up when the network is first used; costs a comparison afterwards.
void ensure_network();

/// Reset reason of this start (hal::BootInfo), decided before anything may reset again.
[[nodiscard]] std::uint8_t reset_reason();

} // namespace tinyml::lx60
