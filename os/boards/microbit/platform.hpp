// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "machine.hpp"
#include "os/boot/bootloader.hpp"

namespace tinyml::microbit {

// The linker scripts' figures (board.cmake).
inline constexpr store::Layout kLayout = store::layout_of(kStoreInfo);
static_assert(kBootBytes + kLayout.slot(store::Slot::kA).offset + image::kHeaderBytes == 0x6C40);
static_assert(kBootBytes + kLayout.slot(store::Slot::kB).offset + image::kHeaderBytes == 0x12C40);
static_assert(kLayout.slot(store::Slot::kB).size_bytes == 181248);

/// This board as the bootloader's logic sees it (boot::Platform). Images run where they lie.
struct BootPlatform {
  using Store = store::HalFlash;

  static Store &store() {
    static constinit Store flash;
    return flash;
  }
  static const boot::Target &target() {
    static constexpr boot::Target kTarget = {.board = kBoardName,
                                             .payload = image::Payload::kBinary,
                                             .load_address = kBootBytes,
                                             .max_payload_bytes = kFlashBytes,
                                             .in_place = true};
    return kTarget;
  }
  static void console(std::string_view text) { hal::console_write(text); }
  static bool install(store::RegionReader<Store> & /*slot*/, const image::Header & /*header*/) {
    return true;
  }
};

} // namespace tinyml::microbit
