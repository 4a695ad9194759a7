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

/// An IPv4 packet whose header has been checked: version, lengths, checksum, no fragment. Options
/// are skipped.
struct Ipv4Packet {
  Ipv4Address source;
  Ipv4Address destination;
  IpProtocol protocol{};
  ByteSpan payload;
};

/// Checks and takes apart an IPv4 packet (RFC 791); trailing link padding is cut off. Counts the
/// reason when it refuses.
[[nodiscard]] std::optional<Ipv4Packet> parse_ipv4(ByteSpan packet, Counters &counters);

/// Writes a header without options in front of `payload_bytes` bytes that already stand at
/// `packet + kIpv4HeaderBytes`.
void write_ipv4_header(std::uint8_t *packet, IpProtocol protocol, Ipv4Address source,
                       Ipv4Address destination, std::size_t payload_bytes);

/// Checks a UDP datagram (RFC 768) inside a parsed packet. A checksum of zero means "not computed"
/// and passes.
[[nodiscard]] std::optional<Datagram> parse_udp(const Ipv4Packet &packet, Counters &counters);

/// Writes the IPv4 and UDP headers, both with checksum, in front of a payload that already stands
/// at `packet + kDatagramHeaderBytes`. Returns the packet's length.
std::size_t write_datagram(std::uint8_t *packet, Endpoint source, Endpoint destination,
                           std::size_t payload_bytes);

/// Turns an ICMP echo request (RFC 792) into its answer, in place; returns the answer's whole IPv4
/// packet, empty when the message is no valid request. Options of the request are not repeated, so
/// the answer may start a little later in the buffer.
[[nodiscard]] ByteSpan answer_echo(const Ipv4Packet &request, Counters &counters);

/// What one received IPv4 packet came to; both empty when it was dropped (and counted).
struct IpOutcome {
  std::optional<Datagram> datagram;
  ByteSpan answer; ///< an IPv4 packet to send back, built in place of the request
};

/// Receives one packet for the station `own`. Taken are packets to `own` and, so that DHCP works
/// before and without an address, whatever goes to the DHCP client port.
[[nodiscard]] IpOutcome receive_packet(ByteSpan packet, Ipv4Address own, Counters &counters);

} // namespace tinyml::net
