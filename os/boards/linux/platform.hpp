// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/boards/linux/process.hpp"
#include "os/boot/board_platform.hpp"

namespace tinyml::linux_board {

inline constexpr boot::Target kTarget = {.board = "linux",
                                         .payload = image::Payload::kElf,
                                         .load_address = 0,
                                         .max_payload_bytes = kStoreBytes};

/// A payload is an executable, and installing it means to put it into a file in memory.
struct BootPlatform : boot::StorePlatform<kTarget> {
  static bool install(store::RegionReader<Store> &slot, const image::Header &header) {
    return fill_executable(slot, header);
  }

  /// The executable of the last successful install; -1 before.
  static inline constinit int executable = -1;

private:
  static bool fill_executable(store::RegionReader<Store> &slot, const image::Header &header) {
    using linux_x86_64::address_of;
    using linux_x86_64::Call;
    using linux_x86_64::call;
    constexpr long kCloseOnExec = 1;
    static std::uint8_t chunk[4096];
    const long file = call(Call::kMemoryFile, address_of("tinyml-image"), kCloseOnExec);
    for (std::uint32_t at = 0; file >= 0 && at < header.payload_bytes; at += sizeof(chunk)) {
      const std::uint32_t size = std::min<std::uint32_t>(sizeof(chunk), header.payload_bytes - at);
      if (!slot.read(image::kHeaderBytes + at, ByteSpan(chunk, size)) ||
          call(Call::kPwrite, file, address_of(chunk), size, at) != size) {
        (void)call(Call::kClose, file);
        return false;
      }
    }
    executable = static_cast<int>(file);
    return file >= 0;
  }
};

} // namespace tinyml::linux_board
