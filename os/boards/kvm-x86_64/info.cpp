// SPDX-License-Identifier: Apache-2.0
#include "os/boards/kvm-x86_64/machine.hpp"

const tinyml::hal::BootInfo &tinyml::hal::boot_info() {
  static BootInfo info = {.abi_version = kAbiVersion,
                          .board = "kvm-x86_64",
                          .link = LinkKind::kEthernet,
                          .mac = {},
                          .mtu_bytes = 1500,
                          .cycle_hz = 0,
                          .reset_reason = 0};
  const kvm::Machine &machine = kvm::machine();
  std::memcpy(info.mac, machine.mac, sizeof(info.mac));
  constexpr std::uint32_t kLargestKhz = 0xFFFF'FFFFU / 1000;
  info.cycle_hz = machine.counter_khz <= kLargestKhz ? machine.counter_khz * 1000 : 0;
  info.reset_reason = machine.reset_reason;
  return info;
}
