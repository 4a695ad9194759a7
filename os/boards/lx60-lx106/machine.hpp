// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/cfi_flash.hpp"
#include "os/drivers/mmio.hpp"
#include "os/drivers/ns16550.hpp"

/// Cadence's LX60 FPGA board without a memory management unit, with the processor core of the
/// ESP8266: addresses and clocks, as QEMU has them.
namespace tinyml::lx60 {

/// Rate of CCOUNT; under `-icount shift=0` a count is kNanosecondsPerCount instructions.
inline constexpr std::uint32_t kCountHz = 40'000'000;
inline constexpr std::uint32_t kNanosecondsPerCount = 1'000'000'000 / kCountHz;

using Console = drivers::Ns16550<0x9D050020, 2>;
using Flash = drivers::CfiFlash<0x98000000, drivers::CfiChips::kOne16Bit>;
inline constexpr std::uint32_t kFlashBytes = 4U << 20;
inline constexpr std::uint32_t kFlashSectorBytes = 64U << 10;

/// Starts the machine again when it is given the word.
using Restart = drivers::Register<0x9D020010>;
inline constexpr std::uint32_t kRestartWord = 0xDEAD;

} // namespace tinyml::lx60
