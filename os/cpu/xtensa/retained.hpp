// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// A few words of RAM that outlive a reset: why the machine starts. The linker scripts place it at
/// the very start of RAM, in front of the bootloader's own.
namespace tinyml::xtensa {

struct Retained {
  static constexpr std::uint32_t kMagic = 0x52544E44;

  std::uint32_t magic;        ///< kMagic when the rest was written by us
  std::uint32_t reset_reason; ///< as hal::BootInfo::reset_reason; for the next start
  std::uint32_t starts;       ///< since power-on
  std::uint32_t check;        ///< ~starts
};

} // namespace tinyml::xtensa

extern "C" tinyml::xtensa::Retained tinyml_retained;
