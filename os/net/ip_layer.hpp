// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/net/address.hpp"
#include "os/net/datagram.hpp"

#include <optional>

namespace tinyml::net {

inline constexpr std::size_t kIpv4HeaderBytes = 20;
inline constexpr std::size_t kUdpHeaderBytes = 8;
inline constexpr std::size_t kIcmpHeaderBytes = 8;
inline constexpr std::size_t kDatagramHeaderBytes = kIpv4HeaderBytes + kUdpHeaderBytes;
inline constexpr std::uint16_t kDhcpServerPort = 67;
inline constexpr std::uint16_t kDhcpClientPort = 68;

enum class IpProtocol : std::uint8_t { kIcmp = 1, kUdp = 17 };

/// Writes a header without options (RFC 791) in front of `payload_bytes` bytes that stand, or will
/// stand, at `packet + kIpv4HeaderBytes`.
void write_ipv4_header(std::uint8_t *packet, IpProtocol protocol, Ipv4Address source,
                       Ipv4Address destination, std::size_t payload_bytes);

/// Writes the IPv4 and UDP headers, both with checksum, in front of a payload that already stands
/// at `packet + kDatagramHeaderBytes`. Returns the packet's length.
std::size_t write_datagram(std::uint8_t *packet, Endpoint source, Endpoint destination,
                           std::size_t payload_bytes);

/// Receives one packet for the station `own`: checks versions, lengths and checksums, drops
/// fragments, skips options, ignores link padding behind the packet. Taken are UDP datagrams to
/// `own` and, because DHCP works without addresses, those to `dhcp_port` whatever their addresses:
/// they are put into `datagram`. An echo request (RFC 792) to `own` is turned into its answer in
/// place, which is returned; otherwise what is returned is empty. The rest is counted.
[[nodiscard]] ByteSpan receive_packet(ByteSpan packet, Ipv4Address own, std::uint16_t dhcp_port,
                                      Counters &counters, std::optional<Datagram> &datagram);

} // namespace tinyml::net
