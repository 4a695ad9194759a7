// SPDX-License-Identifier: Apache-2.0
#include "base/crc32.hpp"
#include "os/boards/lx60-lx106/factory.hpp"
#include "os/hal.hpp"

namespace tinyml {

namespace {

/// The board has no address of its own. One from the factory page is taken as it is; otherwise a
/// locally administered one (IEEE 802, bit 1 of the first byte) is derived from the endpoint's
/// name.
void choose_mac(std::uint8_t (&mac)[6]) {
  const auto page = lx60::factory_page();
  if (page.ok() && page.value().mac.size() == sizeof(mac)) {
    std::memcpy(mac, page.value().mac.data(), sizeof(mac));
    return;
  }
  mac[0] = 0x02;
  mac[1] = 0x54;
  store_be<std::uint32_t>(mac + 2, page.ok() ? crc32(as_bytes(page.value().endpoint)) : 1);
}

} // namespace

const hal::BootInfo &hal::boot_info() {
  static BootInfo info = {.abi_version = 0, // until the rest is filled in
                          .board = lx60::kBoardName,
                          .link = LinkKind::kEthernet,
                          .mac = {},
                          .mtu_bytes = 1500,
                          .cycle_hz = lx60::kCountHz,
                          .reset_reason = 0};
  if (info.abi_version == 0) {
    info.abi_version = kAbiVersion;
    choose_mac(info.mac);
    info.reset_reason = lx60::reset_reason();
  }
  return info;
}

} // namespace tinyml
