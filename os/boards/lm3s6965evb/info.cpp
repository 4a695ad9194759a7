// SPDX-License-Identifier: Apache-2.0
#include "os/hal.hpp"

const tinyml::hal::BootInfo &tinyml::hal::boot_info() {
  static constexpr BootInfo kInfo = {.abi_version = kAbiVersion,
                                     .board = "stub",
                                     .link = LinkKind::kNone,
                                     .mac = {},
                                     .mtu_bytes = 0,
                                     .cycle_hz = 0,
                                     .reset_reason = 0};
  return kInfo;
}
