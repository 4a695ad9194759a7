// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// A few words of RAM that outlive a reset: why the machine starts, and what a fault left. The
/// linker scripts place it at the very start of RAM, in front of the bootloader's own.
namespace tinyml::armv7m {

struct Retained {
  static constexpr std::uint32_t kMagic = 0x52544E44;

  std::uint32_t magic;        ///< kMagic when the rest was written by us
  std::uint32_t reset_reason; ///< as hal::BootInfo::reset_reason; for the next start
  std::uint32_t starts;       ///< since power-on
  std::uint32_t fault_pc;     ///< of the last fault since power-on; 0 = none
  std::uint32_t fault_lr;
  std::uint32_t fault_status; ///< CFSR
  std::uint32_t fault_address;
  std::uint32_t check; ///< ~starts
};
static_assert(sizeof(Retained) == 32);

} // namespace tinyml::armv7m

extern "C" tinyml::armv7m::Retained tinyml_retained;
