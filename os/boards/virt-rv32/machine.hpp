// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/cfi_flash.hpp"
#include "os/drivers/mmio.hpp"
#include "os/drivers/ns16550.hpp"

/// QEMU's `virt` machine with a 32-bit RISC-V processor: addresses and clocks.
namespace tinyml::virt {

inline constexpr std::uint32_t kRomBase = 0x80000000; ///< the first 512 KB of its RAM
inline constexpr std::uint32_t kRomLog2 = 19;
inline constexpr std::uint32_t kTimerHz = 10'000'000;
inline constexpr std::uint32_t kNanosecondsPerTick = 1'000'000'000 / kTimerHz;
/// Under `-icount shift=0` an instruction takes a nanosecond.
inline constexpr std::uint32_t kInstructionHz = 1'000'000'000;

using Console = drivers::Ns16550<0x10000000>;
/// The second of two banks of NOR flash: pairs of 16-bit chips side by side.
using Flash = drivers::CfiFlash<0x22000000, drivers::CfiChips::kTwo16Bit>;
inline constexpr std::uint32_t kFlashBytes = 32U << 20;
inline constexpr std::uint32_t kFlashSectorBytes = 256U << 10;

/// Core-local interruptor: the machine's time, and the alarm of hart 0.
using TimeLow = drivers::Register<0x0200BFF8>;
using TimeHigh = drivers::Register<0x0200BFFC>;
using AlarmLow = drivers::Register<0x02004000>;
using AlarmHigh = drivers::Register<0x02004004>;

/// Ends or restarts the machine.
using Finisher = drivers::Register<0x00100000>;
inline constexpr std::uint32_t kFinishGood = 0x5555;
inline constexpr std::uint32_t kFinishWithCode = 0x3333; // the code above it
inline constexpr std::uint32_t kRestart = 0x7777;

} // namespace tinyml::virt
