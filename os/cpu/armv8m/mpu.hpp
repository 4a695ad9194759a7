// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/cpu/armv7m/registers.hpp"

/// Memory protection of ARMv8-M (Armv8-M Architecture Reference Manual, B11): ranges instead of
/// powers of two. Everything else of the system control space is where ARMv7-M has it.
namespace tinyml::armv8m {

/// Access permission and execute-never bits of MPU_RBAR, and above them the index into the memory
/// attributes as MPU_RLAR wants it.
enum class Access : std::uint32_t {
  kCode = 3U << 1,                       ///< read and execute
  kData = (1U << 1) | 1U,                ///< read and write; never executed
  kDevice = (1U << 1) | 1U | (1U << 16), ///< registers
};

/// [begin, end), both multiples of 32. Regions may not overlap.
struct MemoryRegion {
  std::uint32_t begin;
  std::uint32_t end;
  Access access;
};

using MpuLimit = drivers::Register<0xE000EDA0>;      ///< RLAR
using MpuAttributes = drivers::Register<0xE000EDC0>; ///< MAIR0

/// Only what `regions` allow is allowed from here on (and the system control space, always).
template <unsigned Count> void protect_memory(const MemoryRegion (&regions)[Count]) {
  constexpr std::uint32_t kNormalThenDevice = 0x04'FF; // write-back memory, then nGnRE
  MpuAttributes::write(kNormalThenDevice);
  for (unsigned i = 0; i < Count; ++i) {
    const auto access = static_cast<std::uint32_t>(regions[i].access);
    armv7m::MpuRegionNumber::write(i);
    armv7m::MpuRegionBase::write(regions[i].begin | (access & 0x1F));
    MpuLimit::write((regions[i].end - 32) | ((access >> 16) << 1) | 1U);
  }
  armv7m::MpuControl::write(1);
  armv7m::barrier();
}

} // namespace tinyml::armv8m
