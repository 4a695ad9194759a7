// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/boards/lx60-lx106/machine.hpp"
#include "os/boot/bootloader.hpp"
#include "os/boot/exec_area.hpp"
#include "os/drivers/nor_memory.hpp"

namespace tinyml::lx60 {

inline constexpr std::uint32_t kExecBase = kRomBase + 0x8000;
inline constexpr std::uint32_t kExecBytes = kRomBytes - 0x8000;

/// The part of the ROM an image runs from.
class ExecArea {
public:
  static const hal::StoreInfo &info() { return kInfo; }
  static hal::Status read(std::uint32_t offset, ByteSpan to) { return memory().read(offset, to); }
  static hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) {
    return memory().erase(offset, size_bytes);
  }
  static hal::Status write(std::uint32_t offset, ByteView from) {
    return memory().write(offset, from);
  }

private:
  static constexpr hal::StoreInfo kInfo = {
      .size_bytes = kExecBytes, .sector_bytes = 4096, .program_bytes = 16};
  static drivers::NorMemory memory() {
    return {reinterpret_cast<std::uint8_t *>(kExecBase), kInfo};
  }
};

/// This board as the bootloader's logic sees it (boot::Platform).
struct BootPlatform {
  using Store = store::HalFlash;

  static Store &store() {
    static constinit Store flash;
    return flash;
  }
  static const boot::Target &target() {
    static constexpr boot::Target kTarget = {.board = kBoardName,
                                             .payload = image::Payload::kBinary,
                                             .load_address = kExecBase,
                                             .max_payload_bytes = kExecBytes};
    return kTarget;
  }
  static void console(std::string_view text) { hal::console_write(text); }
  static bool install(store::RegionReader<Store> &slot, const image::Header &header) {
    ExecArea exec;
    return boot::ExecCopy(slot, header, exec).run();
  }
};

} // namespace tinyml::lx60
