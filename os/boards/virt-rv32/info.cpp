// SPDX-License-Identifier: Apache-2.0
#include "os/boards/virt-rv32/machine.hpp"
#include "os/hal.hpp"

const tinyml::hal::BootInfo &tinyml::hal::boot_info() {
  static constexpr BootInfo kInfo = {.abi_version = kAbiVersion,
                                     .board = "virt-rv32",
                                     .link = LinkKind::kNone,
                                     .mac = {},
                                     .mtu_bytes = 0,
                                     .cycle_hz = virt::kInstructionHz,
                                     .reset_reason = 0};
  return kInfo;
}
