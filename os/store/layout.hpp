// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/hal.hpp"

#include <algorithm>

namespace tinyml::store {

/// A range of the store; whole sectors.
struct Region {
  std::uint32_t offset;
  std::uint32_t size_bytes;

  [[nodiscard]] constexpr std::uint32_t end() const { return offset + size_bytes; }
};

/// The two places for an image. Values are stored in boot state records: never renumber. Where the
/// store has one slot only, it is B, and A is the recovery image.
enum class Slot : std::uint8_t { kA = 0, kB = 1, kNone = 0xFF };

[[nodiscard]] constexpr Slot other(Slot slot) { return slot == Slot::kA ? Slot::kB : Slot::kA; }

/// The store from its start: factory page (whole sectors), boot state (twice as many), slot A, slot
/// B, user area (at least a quarter of the store less the first regions, where A and B are equal).
struct Layout {
  Region factory;
  Region boot_state[2];
  Region slots[2];
  Region user; ///< free for the device program
  /// Slot A is never written by an update: the recovery image, which fills slot B.
  bool has_recovery = false;

  [[nodiscard]] constexpr const Region &slot(Slot which) const {
    return slots[which == Slot::kB ? 1 : 0];
  }
};

/// More would only make an update longer to erase on the large stores of hosted boards.
inline constexpr std::uint32_t kLargestSlotBytes = 2u << 20;

/// What a store with a recovery image keeps for the device program.
inline constexpr std::uint32_t kUserSectors = 4;

/// The layout depends on nothing but the store's geometry, so bootloader, image and host agree on
/// it. A store of fewer than sixteen sectors is too small to be useful and gives empty slots.
[[nodiscard]] constexpr Layout layout_of(const hal::StoreInfo &info) {
  const std::uint32_t sector = std::max<std::uint32_t>(info.sector_bytes, 512);
  std::uint32_t slot = std::min(kLargestSlotBytes, info.size_bytes / 8 * 3 / sector * sector);
  std::uint32_t first_slot = slot;
  if (info.recovery_bytes != 0) {
    first_slot = info.recovery_bytes;
    slot = info.size_bytes - first_slot - (3 + kUserSectors) * sector;
  }
  if (info.size_bytes / sector < 16) {
    slot = first_slot = 0;
  }
  Layout layout{};
  std::uint32_t at = 0;
  const auto take = [&at](std::uint32_t size_bytes) {
    const Region region{at, size_bytes};
    at += size_bytes;
    return region;
  };
  layout.factory = take(sector);
  layout.boot_state[0] = take(sector);
  layout.boot_state[1] = take(sector);
  layout.slots[0] = take(first_slot);
  layout.slots[1] = take(slot);
  layout.user = take(slot == 0 ? 0 : info.size_bytes - at);
  layout.has_recovery = info.recovery_bytes != 0;
  return layout;
}

/// Where a device program finds or puts bytes with NOR rules: the HAL's store, a board's execution
/// area, a simulator. Offsets count from the start of that memory.
template <typename F>
concept Flash = requires(F &flash, std::uint32_t offset, ByteSpan to, ByteView from) {
  { flash.info() } -> std::same_as<const hal::StoreInfo &>;
  { flash.read(offset, to) } -> std::same_as<hal::Status>;
  { flash.erase(offset, offset) } -> std::same_as<hal::Status>;
  { flash.write(offset, from) } -> std::same_as<hal::Status>;
};

/// The store of the HAL as a Flash.
struct HalFlash {
  [[nodiscard]] static const hal::StoreInfo &info() { return hal::store_info(); }
  [[nodiscard]] static hal::Status read(std::uint32_t offset, ByteSpan to) {
    return hal::store_read(offset, to);
  }
  [[nodiscard]] static hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) {
    return hal::store_erase(offset, size_bytes);
  }
  [[nodiscard]] static hal::Status write(std::uint32_t offset, ByteView from) {
    return hal::store_write(offset, from);
  }
};

} // namespace tinyml::store
