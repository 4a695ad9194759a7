// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/boards/lm3s6965evb/machine.hpp"
#include "os/boot/board_platform.hpp"

namespace tinyml::lm3s {

/// The part of the flash an image runs from. It is written from outside: here it can only be
/// compared.
class ExecArea {
public:
  static const hal::StoreInfo &info() { return kInfo; }
  static hal::Status read(std::uint32_t offset, ByteSpan to) {
    std::memcpy(to.data(), reinterpret_cast<const std::uint8_t *>(kExecBase + offset), to.size());
    return hal::Status::kOk;
  }
  static hal::Status erase(std::uint32_t, std::uint32_t) { return hal::Status::kUnsupported; }
  static hal::Status write(std::uint32_t, ByteView) { return hal::Status::kUnsupported; }

private:
  static constexpr hal::StoreInfo kInfo = {
      .size_bytes = kExecBytes, .sector_bytes = 1024, .program_bytes = 4};
};

inline constexpr boot::Target kTarget = {.board = kBoardName,
                                         .payload = image::Payload::kBinary,
                                         .load_address = kExecBase,
                                         .max_payload_bytes = kExecBytes};

struct BootPlatform : boot::StorePlatform<kTarget> {
  /// Returns only when the flash holds the image: otherwise it ends the machine, to be started
  /// again by the programmer.
  static bool install(store::RegionReader<Store> &slot, const image::Header &header);
};

/// What the programmer's power cycle took from the RAM, back from the note; once.
void recall_retained();

} // namespace tinyml::lm3s
