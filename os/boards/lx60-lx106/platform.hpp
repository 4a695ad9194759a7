// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/boards/lx60-lx106/machine.hpp"
#include "os/boot/board_platform.hpp"
#include "os/drivers/nor_memory_at.hpp"

namespace tinyml::lx60 {

/// The part of the ROM an image runs from.
inline constexpr std::uint32_t kExecBase = kRomBase + 0x8000;
inline constexpr std::uint32_t kExecBytes = kRomBytes - 0x8000;

inline constexpr boot::Target kTarget = {.board = kBoardName,
                                         .payload = image::Payload::kBinary,
                                         .load_address = kExecBase,
                                         .max_payload_bytes = kExecBytes};
using BootPlatform = boot::CopyingPlatform<kTarget, drivers::NorMemoryAt<kExecBase, kExecBytes>>;

} // namespace tinyml::lx60
