// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/crypto.hpp"
#include "os/store/layout.hpp"

/// What a bootloader does for the image it started: cryptography is linked once, in the bootloader.
/// The table is plain data at a fixed address; on a hosted board the same functions are linked in.
namespace tinyml::boot {

inline constexpr std::uint32_t kServiceMagic = 0x53424D54; ///< "TMBS"
inline constexpr std::uint16_t kServiceVersion = 1;

/// Where a bootloader puts the table, counted from its own first byte: behind the vectors of a
/// Cortex-M with up to 48 interrupts, and the same everywhere else.
inline constexpr std::uint32_t kServiceTableOffset = 0x100;

/// Working memory that verify_slot needs: the factory page and what mbedTLS allocates at its peak
/// on a 32-bit machine. Aligned to 8 bytes. Held by a test.
inline constexpr std::uint32_t kWorkspaceBytes = 3 * 1024;

/// Bound of the caller's stack that any service uses. Held by a test against the bootloader's call
/// graph.
inline constexpr std::uint32_t kServiceStackBytes = 2048;

/// RAM at the bottom of the board's RAM that an image leaves alone: the bootloader's own variables,
/// then what outlives a reset (os/retained.hpp).
inline constexpr std::uint32_t kBootRamBytes = 64;
inline constexpr std::uint32_t kReservedRamBytes = 512;

struct ServiceTable {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint16_t size_bytes; ///< of this table; a later version only appends
  /// Checks everything about the image in a slot, as at boot. Returns an image::Error.
  std::uint32_t (*verify_slot)(std::uint32_t slot, std::uint8_t *workspace,
                               std::uint32_t workspace_bytes);
  void (*sha256_start)(image::Sha256 *hash);
  void (*sha256_update)(image::Sha256 *hash, const std::uint8_t *bytes, std::uint32_t size_bytes);
  void (*sha256_finish)(image::Sha256 *hash, std::uint8_t *digest);

  /// What an image asks before its first call.
  [[nodiscard]] bool is_valid() const {
    return magic == kServiceMagic && version == kServiceVersion &&
           size_bytes >= sizeof(ServiceTable);
  }
};

/// The table of this board's bootloader, nullptr when it has none. Each board defines it.
[[nodiscard]] const ServiceTable *services();

/// Verifies a slot through the table.
[[nodiscard]] inline image::Error verify_slot(const ServiceTable &table, store::Slot slot,
                                              ByteSpan workspace) {
  return static_cast<image::Error>(table.verify_slot(static_cast<std::uint32_t>(slot),
                                                     workspace.data(),
                                                     static_cast<std::uint32_t>(workspace.size())));
}

} // namespace tinyml::boot
