// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/net/address.hpp"

#include <optional>

namespace tinyml::net {

/// RFC 2132 section 9.6.
enum class DhcpType : std::uint8_t {
  kNone = 0,
  kDiscover = 1,
  kOffer = 2,
  kRequest = 3,
  kDecline = 4,
  kAck = 5,
  kNak = 6,
  kRelease = 7,
  kInform = 8,
};

enum class BootpOperation : std::uint8_t { kRequest = 1, kReply = 2 };

inline constexpr std::uint32_t kInfiniteLease = 0xFFFFFFFFU;
/// What we write: BOOTP's fixed part and options, padded to the 300 bytes old relays insist on.
inline constexpr std::size_t kDhcpMessageBytes = 300;

/// A DHCP message (RFC 2131 section 2) with the options a client or a small server needs. An option
/// that is zero is absent. The reader skips every other option; option overload is not followed.
struct DhcpMessage {
  BootpOperation operation{};
  DhcpType type{};
  bool broadcast = false; ///< the client asks for answers by broadcast
  std::uint32_t transaction = 0;
  MacAddress client_mac{};
  Ipv4Address client;         ///< ciaddr: the address the client already has
  Ipv4Address yours;          ///< yiaddr: the address it may have
  Ipv4Address requested;      ///< option 50
  Ipv4Address server;         ///< option 54
  Ipv4Address mask;           ///< option 1
  Ipv4Address router;         ///< option 3, its first entry
  std::uint32_t lease_s = 0;  ///< option 51
  std::uint32_t renew_s = 0;  ///< option 58 (T1)
  std::uint32_t rebind_s = 0; ///< option 59 (T2)
};

/// Reads a message from a UDP payload into a fresh `message`; false when it is no DHCP message over
/// Ethernet.
[[nodiscard]] bool read_dhcp(ByteView payload, DhcpMessage &message);
[[nodiscard]] inline std::optional<DhcpMessage> parse_dhcp(ByteView payload) {
  DhcpMessage message;
  return read_dhcp(payload, message) ? std::optional(message) : std::nullopt;
}
/// Writes kDhcpMessageBytes to `to` and returns that, or 0 when `to` is smaller.
[[nodiscard]] std::size_t write_dhcp(const DhcpMessage &message, ByteSpan to);

} // namespace tinyml::net
