// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/boards/riscv-virt/devices.hpp"

/// QEMU's `virt` machine with a 32-bit RISC-V processor: what of it stands for the device's
/// memories.
namespace tinyml::virt {

inline constexpr const char kBoardName[] = "virt-rv32";

inline constexpr unsigned kRomLog2 = 19; ///< 512 KB
inline constexpr std::uintptr_t kRamBase = kRomBase + (std::uintptr_t{1} << kRomLog2);
inline constexpr unsigned kRamLog2 = 19; ///< 512 KB

} // namespace tinyml::virt
