// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/crc32.hpp"

#include <optional>

/// For boards whose flash is written from outside, by a debug probe or a ROM loader: what the
/// bootloader asks for. It writes a note beside its store, says kAskProgrammer at its end, and is
/// started again when the flash is written. Since that may be a power cycle, the note also carries
/// what the RAM retained.
///
/// The note's bytes, all integers little-endian: magic, version 1, offset in the store, size,
/// address in the flash (u32 each), 12 bytes of zero, retained bytes, and at kChecksumAt the CRC-32
/// of everything before.
namespace tinyml::boot {

struct ProgrammingNote {
  static constexpr std::uint32_t kBytes = 512;
  static constexpr std::uint32_t kRetainedBytes = 448;

  std::uint32_t source_offset; ///< where the bytes lie in the store
  std::uint32_t size_bytes;
  std::uint32_t target_address; ///< where they belong in the flash
};

/// The bootloader's exit code that means: program the flash as the note says, and start me again.
inline constexpr int kAskProgrammer = 96;

namespace programming_note {

inline constexpr std::uint32_t kMagic = 0x50464D54; ///< "TMFP"
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::uint32_t kRetainedAt = 32;
inline constexpr std::uint32_t kChecksumAt = ProgrammingNote::kBytes - 4;
static_assert(kRetainedAt + ProgrammingNote::kRetainedBytes <= kChecksumAt);

using Bytes = std::span<std::uint8_t, ProgrammingNote::kBytes>;
using Block = std::span<const std::uint8_t, ProgrammingNote::kBytes>;

/// `retained` is at most kRetainedBytes long.
inline void encode(const ProgrammingNote &note, ByteView retained, Bytes block) {
  std::memset(block.data(), 0, block.size());
  const std::uint32_t words[] = {kMagic, kVersion, note.source_offset, note.size_bytes,
                                 note.target_address};
  for (std::size_t i = 0; i < std::size(words); ++i) {
    store_le(block.data() + 4 * i, words[i]);
  }
  std::memcpy(block.data() + kRetainedAt, retained.data(), retained.size());
  store_le(block.data() + kChecksumAt, crc32(block.first(kChecksumAt)));
}

/// Nothing when the block holds no whole note.
[[nodiscard]] inline std::optional<ProgrammingNote> decode(Block block) {
  const auto word = [&](std::size_t at) { return load_le<std::uint32_t>(block.data() + at); };
  if (word(0) != kMagic || word(4) != kVersion ||
      word(kChecksumAt) != crc32(block.first(kChecksumAt))) {
    return std::nullopt;
  }
  return ProgrammingNote{word(8), word(12), word(16)};
}

} // namespace programming_note

} // namespace tinyml::boot
