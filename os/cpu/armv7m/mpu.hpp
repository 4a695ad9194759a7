// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/cpu/armv7m/registers.hpp"

/// Memory protection (ARMv7-M Architecture Reference Manual, B3.5): what the program has no
/// business with faults at once instead of corrupting something.
namespace tinyml::armv7m {

/// Access attributes of a region: RASR without size and enable. TEX/C/B as the manual's table B3-13
/// names them.
enum class Access : std::uint32_t {
  kNone = 0,
  kCode = (6U << 24) | (1U << 17),                            ///< read and execute; write-through
  kData = (1U << 28) | (1U << 24) | (1U << 18) | (1U << 17),  ///< read and write; never executed
  kDevice = (1U << 28) | (1U << 24) | (1U << 18) | (1U << 16) ///< registers
};

/// A power-of-two range aligned to its size, at least 32 bytes. A later region wins where two
/// overlap.
struct MemoryRegion {
  std::uint32_t base;
  std::uint32_t size_log2;
  Access access;
};

/// Only what `regions` allow is allowed from here on (and the system control space, always).
template <unsigned Count> void protect_memory(const MemoryRegion (&regions)[Count]) {
  for (unsigned i = 0; i < Count; ++i) {
    MpuRegionNumber::write(i);
    MpuRegionBase::write(regions[i].base);
    MpuRegionSize::write(static_cast<std::uint32_t>(regions[i].access) |
                         ((regions[i].size_log2 - 1) << 1) | 1U);
  }
  MpuControl::write(1);
  barrier();
}

inline void unprotect_memory() {
  MpuControl::write(0);
  barrier();
}

} // namespace tinyml::armv7m
