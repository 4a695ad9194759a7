// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/net/address.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace tinyml::net {

/// Network-order access without alignment needs, out of line on purpose: the codecs call these some
/// forty times, and a call is half the size of the inlined loads and shifts.
namespace bytewise {
[[nodiscard]] std::uint32_t get_be16(const std::uint8_t *from);
[[nodiscard]] std::uint32_t get_be32(const std::uint8_t *from);
void put_be16(std::uint8_t *to, std::uint32_t value);
void put_be32(std::uint8_t *to, std::uint32_t value);
} // namespace bytewise

/// Where the processor loads words from anywhere and turns their bytes around, the same is two
/// instructions, half of a call. Only Arm's compilers tell (ACLE, "Unaligned access"); a wrong "no"
/// costs bytes and nothing else.
#ifdef __ARM_FEATURE_UNALIGNED
inline constexpr bool kWordsAnywhere = std::endian::native == std::endian::little;
#else
inline constexpr bool kWordsAnywhere = false;
#endif

[[nodiscard]] inline std::uint32_t get_be16(const std::uint8_t *from) {
  if constexpr (kWordsAnywhere) {
    std::uint16_t word = 0;
    std::memcpy(&word, from, sizeof(word));
    return __builtin_bswap16(word);
  } else {
    return bytewise::get_be16(from);
  }
}

[[nodiscard]] inline std::uint32_t get_be32(const std::uint8_t *from) {
  if constexpr (kWordsAnywhere) {
    std::uint32_t word = 0;
    std::memcpy(&word, from, sizeof(word));
    return __builtin_bswap32(word);
  } else {
    return bytewise::get_be32(from);
  }
}

inline void put_be16(std::uint8_t *to, std::uint32_t value) {
  if constexpr (kWordsAnywhere) {
    const std::uint16_t word = __builtin_bswap16(static_cast<std::uint16_t>(value));
    std::memcpy(to, &word, sizeof(word));
  } else {
    bytewise::put_be16(to, value);
  }
}

inline void put_be32(std::uint8_t *to, std::uint32_t value) {
  if constexpr (kWordsAnywhere) {
    const std::uint32_t word = __builtin_bswap32(value);
    std::memcpy(to, &word, sizeof(word));
  } else {
    bytewise::put_be32(to, value);
  }
}

[[nodiscard]] inline Ipv4Address get_address(const std::uint8_t *from) { return {get_be32(from)}; }
inline void put_address(std::uint8_t *to, Ipv4Address address) { put_be32(to, address.bits); }
[[nodiscard]] MacAddress get_mac(const std::uint8_t *from);
void put_mac(std::uint8_t *to, const MacAddress &mac);

} // namespace tinyml::net
