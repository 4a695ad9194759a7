// SPDX-License-Identifier: Apache-2.0
// The bootloader: choose, verify, install, jump; and the services it leaves for the image.
#include "os/boards/lx60-lx106/platform.hpp"
#include "os/program.hpp"

/// At boot::kServiceTableOffset, by boot.ld.
extern "C" __attribute__((section(".services"), used))
const tinyml::boot::ServiceTable tinyml_boot_service_table =
    tinyml::boot::Services<tinyml::lx60::BootPlatform>::kTable;

/// boot.ld: RAM behind the bootloader's stack, the image's as soon as it runs.
extern "C" std::uint8_t tinyml_boot_workspace[];

extern "C" int tinyml_program() {
  using namespace tinyml;
  constexpr int kNothingToStart = 3;
  lx60::BootPlatform platform;
  boot::Bootloader loader(platform, {tinyml_boot_workspace, boot::kWorkspaceBytes});
  const boot::Choice choice = loader.choose();
  if (choice.slot == store::Slot::kNone) {
    return kNothingToStart;
  }
  reinterpret_cast<void (*)()>(lx60::kExecBase + choice.header.entry_offset)();
  __builtin_unreachable();
}
