// SPDX-License-Identifier: Apache-2.0
// The bootloader: choose, verify, jump; and the services it leaves for the image.
#include "os/cpu/armv6m/start.hpp"
#include "os/program.hpp"
#include "platform.hpp"

/// At boot::kServiceTableOffset, by boot.ld.
extern "C" __attribute__((section(".services"), used))
const tinyml::boot::ServiceTable tinyml_boot_service_table =
    tinyml::boot::Services<tinyml::microbit::BootPlatform>::kTable;

/// boot.ld: RAM behind the bootloader's stack, the image's as soon as it runs.
extern "C" std::uint8_t tinyml_boot_workspace[];

extern "C" int tinyml_program() {
  using namespace tinyml;
  constexpr int kNothingToStart = 3;
  microbit::BootPlatform platform;
  boot::Bootloader loader(platform, {tinyml_boot_workspace, boot::kWorkspaceBytes});
  const boot::Choice choice = loader.choose();
  if (choice.slot == store::Slot::kNone) {
    return kNothingToStart;
  }
  tinyml_jump_to_image(reinterpret_cast<const std::uint32_t *>(
      static_cast<std::uintptr_t>(choice.header.load_address) + choice.header.entry_offset));
}
