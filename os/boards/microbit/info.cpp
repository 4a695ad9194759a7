// SPDX-License-Identifier: Apache-2.0
#include "board.hpp"
#include "machine.hpp"

const tinyml::hal::BootInfo &tinyml::hal::boot_info() {
  static BootInfo info = {.abi_version = kAbiVersion,
                          .board = microbit::kBoardName,
                          .link = LinkKind::kSlip,
                          .mac = {},
                          .mtu_bytes = 1500,
                          .cycle_hz = microbit::Clock::kHz,
                          .reset_reason = 0};
  info.reset_reason = microbit::reset_reason();
  return info;
}
