// SPDX-License-Identifier: Apache-2.0
#include "os/boards/linux/process.hpp"
#include "os/hal.hpp"

const tinyml::hal::BootInfo &tinyml::hal::boot_info() {
  static BootInfo info = {.abi_version = kAbiVersion,
                          .board = "linux",
                          .link = LinkKind::kDatagram,
                          .mac = {},
                          .mtu_bytes = 1500, // no larger than what travels unfragmented elsewhere
                          .cycle_hz = 1'000'000'000,
                          .reset_reason = 0};
  info.reset_reason = linux_board::state.reset_reason;
  return info;
}
