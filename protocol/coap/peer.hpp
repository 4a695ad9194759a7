// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace tinyml::coap {

/// Who is at the other end: an opaque number given by whoever owns the socket. An IPv4 address and
/// port pack into it; an owner of IPv6 or DTLS sockets numbers its peers instead.
struct PeerId {
  std::uint64_t value = 0;

  friend constexpr bool operator==(const PeerId &, const PeerId &) = default;
};

struct Ipv4Endpoint {
  std::array<std::uint8_t, 4> address{};
  std::uint16_t port = 0;
};

[[nodiscard]] constexpr PeerId peer_of(const Ipv4Endpoint &endpoint) {
  const auto &a = endpoint.address;
  return {(std::uint64_t{a[0]} << 40U) | (std::uint64_t{a[1]} << 32U) |
          (std::uint64_t{a[2]} << 24U) | (std::uint64_t{a[3]} << 16U) | endpoint.port};
}

[[nodiscard]] constexpr Ipv4Endpoint ipv4_of(PeerId peer) {
  const auto byte = [&](unsigned shift) { return static_cast<std::uint8_t>(peer.value >> shift); };
  return {{byte(40), byte(32), byte(24), byte(16)}, static_cast<std::uint16_t>(peer.value)};
}

} // namespace tinyml::coap
