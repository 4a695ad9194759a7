// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/boards/mps/family.hpp"
#include "os/boot/board_platform.hpp"
#include "os/drivers/nor_memory_at.hpp"

namespace tinyml::mps {

/// The part of the flash an image runs from.
inline constexpr std::uint32_t kExecBase = 0x8000;
inline constexpr std::uint32_t kExecBytes = (1U << kFlashLog2) - kExecBase;

inline constexpr boot::Target kTarget = {.board = kBoardName,
                                         .payload = image::Payload::kBinary,
                                         .load_address = kExecBase,
                                         .max_payload_bytes = kExecBytes};
using BootPlatform = boot::CopyingPlatform<kTarget, drivers::NorMemoryAt<kExecBase, kExecBytes>>;

} // namespace tinyml::mps
