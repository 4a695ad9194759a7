// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/boards/riscv-virt/family.hpp"
#include "os/boot/board_platform.hpp"
#include "os/drivers/nor_memory_at.hpp"

namespace tinyml::virt {

/// The memory an image runs from.
inline constexpr std::uint32_t kExecBytes = 1U << kRomLog2;

inline constexpr boot::Target kTarget = {.board = kBoardName,
                                         .payload = image::Payload::kBinary,
                                         .load_address = kRomBase,
                                         .max_payload_bytes = kExecBytes};
using BootPlatform = boot::CopyingPlatform<kTarget, drivers::NorMemoryAt<kRomBase, kExecBytes>>;

} // namespace tinyml::virt
