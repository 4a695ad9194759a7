// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/cfi_flash.hpp"
#include "os/drivers/mmio.hpp"
#include "os/drivers/ns16550.hpp"
#include "os/drivers/virtio_net.hpp"

/// QEMU's `virt` machine with a RISC-V processor: addresses and clocks of its devices.
namespace tinyml::virt {

inline constexpr std::uint32_t kTimerHz = 10'000'000;
inline constexpr std::uint32_t kNanosecondsPerTick = 1'000'000'000 / kTimerHz;
/// Under `-icount shift=0` an instruction takes a nanosecond.
inline constexpr std::uint32_t kInstructionHz = 1'000'000'000;

inline constexpr std::uintptr_t kRomBase = 0x80000000; ///< the beginning of its RAM
inline constexpr std::uintptr_t kDevicesBase = 0;
inline constexpr unsigned kDevicesLog2 = 29;
/// Two banks of NOR flash, each of pairs of 16-bit chips side by side: the bootloader's and the
/// store.
inline constexpr std::uintptr_t kBootFlashBase = 0x20000000;
inline constexpr std::uintptr_t kStoreBase = 0x22000000;
inline constexpr unsigned kFlashLog2 = 25;
inline constexpr std::uint32_t kFlashBytes = 1U << kFlashLog2;
inline constexpr std::uint32_t kFlashSectorBytes = 256U << 10;
using Flash = drivers::CfiFlash<kStoreBase, drivers::CfiChips::kTwo16Bit>;

using Console = drivers::Ns16550<0x10000000>;

/// The first of eight virtio transports, and its line of the interrupt controller.
using Ethernet = drivers::VirtioNet<0x10001000>;
inline constexpr std::uint32_t kEthernetLine = 1;

/// Core-local interruptor: the machine's time, and the alarm of hart 0.
using TimeLow = drivers::Register<0x0200BFF8>;
using TimeHigh = drivers::Register<0x0200BFFC>;
using AlarmLow = drivers::Register<0x02004000>;
using AlarmHigh = drivers::Register<0x02004004>;

/// Platform-level interrupt controller, as hart 0 sees it in machine mode.
using EthernetPriority = drivers::Register<0x0C000000 + 4 * kEthernetLine>;
using LinesEnabled = drivers::Register<0x0C002000>;
using LineClaimed = drivers::Register<0x0C200004>;

/// Ends or restarts the machine.
using Finisher = drivers::Register<0x00100000>;
inline constexpr std::uint32_t kFinishGood = 0x5555;
inline constexpr std::uint32_t kFinishWithCode = 0x3333; // the code above it
inline constexpr std::uint32_t kRestart = 0x7777;

} // namespace tinyml::virt
