// SPDX-License-Identifier: Apache-2.0
#include "base/crc32.hpp"
#include "image/factory.hpp"
#include "os/boards/riscv-virt/factory.hpp"
#include "os/boards/riscv-virt/family.hpp"
#include "os/hal.hpp"

namespace tinyml {

namespace {

/// The board has no address of its own. One from the factory page is taken as it is; otherwise a
/// locally administered one (IEEE 802, bit 1 of the first byte) is derived from the endpoint's
/// name.
void choose_mac(std::uint8_t (&mac)[6]) {
  const auto page = virt::factory_page();
  if (page.ok() && page.value().mac.size() == sizeof(mac)) {
    std::memcpy(mac, page.value().mac.data(), sizeof(mac));
    return;
  }
  mac[0] = 0x02;
  mac[1] = 0x54;
  store_be<std::uint32_t>(mac + 2, page.ok() ? crc32(as_bytes(page.value().endpoint)) : 1);
}

/// Under `-icount shift=0` an instruction takes a nanosecond. Without it the counter counts what
/// the emulator's host does, and nobody knows its rate.
std::uint32_t cycle_hz() {
  constexpr std::uint32_t kTicks = 16;
  constexpr std::uint32_t kNanoseconds = kTicks * virt::kNanosecondsPerTick;
  const std::uint32_t start = virt::TimeLow::read();
  const std::uint64_t cycles = hal::cycle_count();
  while (virt::TimeLow::read() - start < kTicks) {
  }
  const std::uint64_t passed = hal::cycle_count() - cycles;
  const bool counted = passed > kNanoseconds * 7 / 8 && passed < kNanoseconds * 9 / 8;
  return counted ? virt::kInstructionHz : 0;
}

} // namespace

const hal::BootInfo &hal::boot_info() {
  static BootInfo info = {.abi_version = 0, // until the rest is filled in
                          .board = virt::kBoardName,
                          .link = LinkKind::kEthernet,
                          .mac = {},
                          .mtu_bytes = 1500,
                          .cycle_hz = 0,
                          .reset_reason = 0};
  if (info.abi_version == 0) {
    info.abi_version = kAbiVersion;
    choose_mac(info.mac);
    info.cycle_hz = cycle_hz();
    info.reset_reason = virt::reset_reason();
  }
  return info;
}

} // namespace tinyml
