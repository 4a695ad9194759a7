// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/boards/kvm-x86_64/hypercall.hpp"
#include "os/boot/bootloader.hpp"
#include "tender/monitor/store_file.hpp"

#include <functional>

namespace tinyml::tender {

/// The monitor as the bootloader's logic sees it (boot::Platform): a payload is the content of the
/// guest's ROM.
struct BootPlatform {
  using Store = StoreFile;

  Store &flash;
  const std::function<void(std::string_view)> &say;
  /// Where so many bytes of ROM are; empty when the machine is too small for them.
  const std::function<ByteSpan(std::uint32_t)> &make_room;

  [[nodiscard]] Store &store() const { return flash; }
  [[nodiscard]] static const boot::Target &target() {
    static constexpr boot::Target kTarget = {.board = "kvm-x86_64",
                                             .payload = image::Payload::kBinary,
                                             .load_address = kvm::kRomBase,
                                             .max_payload_bytes = kvm::kRomBytes};
    return kTarget;
  }
  void console(std::string_view text) const { say(text); }
  [[nodiscard]] bool install(store::RegionReader<Store> &slot, const image::Header &header) const {
    const ByteSpan rom = make_room(header.payload_bytes);
    return header.payload_bytes > 0 && rom.size() >= header.payload_bytes &&
           slot.read(image::kHeaderBytes, rom.first(header.payload_bytes));
  }
};

} // namespace tinyml::tender
