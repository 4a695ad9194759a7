// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lm3s6965evb/factory.hpp"
#include "os/hal.hpp"
#include "os/store/station_address.hpp"

namespace tinyml {

const hal::BootInfo &hal::boot_info() {
  static BootInfo info = {.abi_version = 0, // until the rest is filled in
                          .board = lm3s::kBoardName,
                          .link = LinkKind::kEthernet,
                          .mac = {},
                          .mtu_bytes = 1500,
                          .cycle_hz = lm3s::kClockHz,
                          .reset_reason = 0};
  if (info.abi_version == 0) {
    const lm3s::FactoryPageCopy copy;
    info.abi_version = kAbiVersion;
    store::choose_station_address(copy.page(), info.mac);
    info.reset_reason = lm3s::reset_reason();
  }
  return info;
}

} // namespace tinyml
