// SPDX-License-Identifier: Apache-2.0
#include "os/boards/mps/factory.hpp"
#include "os/boards/mps/family.hpp"
#include "os/hal.hpp"
#include "os/store/station_address.hpp"

namespace tinyml {

const hal::BootInfo &hal::boot_info() {
  static BootInfo info = {.abi_version = 0, // until the rest is filled in
                          .board = mps::kBoardName,
                          .link = LinkKind::kEthernet,
                          .mac = {},
                          .mtu_bytes = 1500,
                          .cycle_hz = mps::kClockHz,
                          .reset_reason = 0};
  if (info.abi_version == 0) {
    info.abi_version = kAbiVersion;
    store::choose_station_address(mps::factory_page(), info.mac);
    info.reset_reason = mps::reset_reason();
  }
  return info;
}

} // namespace tinyml
