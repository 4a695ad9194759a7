// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "machine.hpp"
#include "os/boot/board_platform.hpp"

namespace tinyml::microbit {

// The linker scripts' figures (board.cmake).
inline constexpr store::Layout kLayout = store::layout_of(kStoreInfo);
static_assert(kBootBytes + kLayout.slot(store::Slot::kA).offset + image::kHeaderBytes == 0x6C40);
static_assert(kBootBytes + kLayout.slot(store::Slot::kB).offset + image::kHeaderBytes == 0x12C40);
static_assert(kLayout.slot(store::Slot::kB).size_bytes == 181248);

/// Images run where they lie.
inline constexpr boot::Target kTarget = {.board = kBoardName,
                                         .payload = image::Payload::kBinary,
                                         .load_address = kBootBytes,
                                         .max_payload_bytes = kFlashBytes,
                                         .in_place = true};

struct BootPlatform : boot::StorePlatform<kTarget> {
  static bool install(store::RegionReader<Store> & /*slot*/, const image::Header & /*header*/) {
    return true;
  }
};

} // namespace tinyml::microbit
