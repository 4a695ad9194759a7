// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace tinyml::net {

/// An IPv4 address; `bits` is in host order, so that 10.77.0.1 is 0x0A4D0001. Zero is "none".
struct Ipv4Address {
  std::uint32_t bits = 0;

  [[nodiscard]] static constexpr Ipv4Address of(std::uint8_t a, std::uint8_t b, std::uint8_t c,
                                                std::uint8_t d) {
    return {(static_cast<std::uint32_t>(a) << 24) | (static_cast<std::uint32_t>(b) << 16) |
            (static_cast<std::uint32_t>(c) << 8) | d};
  }
  [[nodiscard]] constexpr bool is_none() const { return bits == 0; }
  /// Multicast, reserved or broadcast (224.0.0.0 and above): never the address of one station.
  [[nodiscard]] constexpr bool is_group() const { return bits >= 0xE0000000U; }
  constexpr bool operator==(const Ipv4Address &) const = default;
};

inline constexpr Ipv4Address kLimitedBroadcast{0xFFFFFFFFU};

/// One end of a UDP exchange.
struct Endpoint {
  Ipv4Address address;
  std::uint16_t port = 0;
  constexpr bool operator==(const Endpoint &) const = default;
};

using MacAddress = std::array<std::uint8_t, 6>;

inline constexpr MacAddress kBroadcastMac{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

} // namespace tinyml::net
