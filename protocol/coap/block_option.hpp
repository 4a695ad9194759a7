// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::coap {

/// Largest block-size exponent: 1024 bytes (RFC 7959 section 2.2; 7 is reserved).
inline constexpr std::uint8_t kMaxSzx = 6;

/// The value of a Block1 or Block2 option, RFC 7959 section 2.2.
struct Block {
  std::uint32_t number = 0; ///< index of the block in units of size_bytes(), 20 bits
  bool more = false;        ///< more blocks follow this one
  std::uint8_t szx = kMaxSzx;

  [[nodiscard]] constexpr std::uint32_t size_bytes() const { return 16U << szx; }
  [[nodiscard]] constexpr std::uint32_t offset_bytes() const { return number << (szx + 4U); }
  [[nodiscard]] constexpr std::uint32_t to_uint() const {
    return (number << 4U) | (more ? 8U : 0U) | szx;
  }
  [[nodiscard]] static constexpr Block from_uint(std::uint32_t value) {
    return {value >> 4U, (value & 8U) != 0, static_cast<std::uint8_t>(value & 7U)};
  }
  /// The block that starts at `offset_bytes`, which must be a multiple of the block size.
  [[nodiscard]] static constexpr Block at(std::uint32_t offset_bytes, std::uint8_t szx,
                                          bool more = false) {
    return {offset_bytes >> (szx + 4U), more, szx};
  }

  friend constexpr bool operator==(const Block &, const Block &) = default;
};

} // namespace tinyml::coap
