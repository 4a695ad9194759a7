// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/cpu/armv7m/registers.hpp"
#include "os/drivers/pl011.hpp"
#include "os/drivers/pl022.hpp"
#include "os/drivers/sd_spi.hpp"
#include "os/drivers/stellaris_ethernet.hpp"
#include "os/drivers/stellaris_timer.hpp"

/// Luminary Micro's LM3S6965 evaluation board: addresses, interrupt lines and clock (LM3S6965 data
/// sheet; the numbers in brackets are its sections).
namespace tinyml::lm3s {

using drivers::Register;

inline constexpr const char kBoardName[] = "lm3s6965evb";
inline constexpr std::uint32_t kClockHz = 50'000'000;
inline constexpr std::uint32_t kTickNs = 20;

inline constexpr std::uint32_t kFlashBase = 0x00000000;
inline constexpr std::uint32_t kFlashLog2 = 18;
inline constexpr std::uint32_t kRamBase = 0x20000000;
inline constexpr std::uint32_t kRamLog2 = 16;
inline constexpr std::uint32_t kPeripheralBase = 0x40000000;
inline constexpr std::uint32_t kPeripheralLog2 = 20;

/// Where an image runs, behind the bootloader.
inline constexpr std::uint32_t kExecBase = 0x8000;
inline constexpr std::uint32_t kExecBytes = (1U << kFlashLog2) - kExecBase;

/// The store is the first half of a card of 16 MiB; behind it lies the programming note.
inline constexpr std::uint32_t kStoreBytes = 8U << 20;
inline constexpr std::uint32_t kNoteBlock = kStoreBytes / 512;

using Console = drivers::Pl011<0x4000C000>;
using Alarm = drivers::StellarisTimer<0x40030000>;
using Ethernet = drivers::StellarisEthernet<0x40048000>;

using AlarmInterrupt = armv7m::Interrupt<19>;
using EthernetInterrupt = armv7m::Interrupt<42>;

/// SSI0 on port A, the card's select on pin 0 of port D.
struct CardPort : drivers::Pl022<0x40008000> {
  static void select() { ChipSelect::write(0); }
  static void deselect() { ChipSelect::write(1); }
  static void run_slow() { start(126); } // 397 kHz
  static void run_fast() { start(4); }   // 12.5 MHz

private:
  using ChipSelect = Register<0x40007000 + (1U << 2)>; ///< the address selects the pin [8.2.1.2]
};
using Card = drivers::SdCard<CardPort>;

/// Clock tree and pins, as far as this board uses them.
void start_clocks_and_pins();

/// The card, brought up at the first use; nullptr when none answers.
[[nodiscard]] Card *card();

/// Brings the Ethernet controller up when the network is first used.
void ensure_network();

/// Reset reason of this start (hal::BootInfo).
[[nodiscard]] std::uint8_t reset_reason();

} // namespace tinyml::lm3s
