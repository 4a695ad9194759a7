// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lx60-lx106/machine.hpp"
#include "os/hal.hpp"

const tinyml::hal::BootInfo &tinyml::hal::boot_info() {
  static constexpr BootInfo kInfo = {.abi_version = kAbiVersion,
                                     .board = "lx60-lx106",
                                     .link = LinkKind::kNone,
                                     .mac = {},
                                     .mtu_bytes = 0,
                                     .cycle_hz = lx60::kCountHz,
                                     .reset_reason = 0};
  return kInfo;
}
