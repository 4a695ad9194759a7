// SPDX-License-Identifier: Apache-2.0
#include "os/net/ip_layer.hpp"

#include "os/net/checksum.hpp"
#include "os/net/wire.hpp"

namespace tinyml::net {
namespace {

constexpr std::uint32_t kVersion4 = 4;
constexpr std::uint32_t kMoreFragmentsOrOffset = 0x3FFF;
constexpr std::uint32_t kDontFragment = 0x4000;
constexpr std::uint32_t kTimeToLive = 64;
constexpr std::size_t kAddresses = 12; ///< source, then destination, in the IPv4 header
constexpr std::size_t kAddressesBytes = 8;

constexpr std::uint8_t kEchoAnswer = 0;
constexpr std::uint32_t kEchoRequest = 8;

/// An IPv4 packet whose header has been checked.
struct Ipv4Packet {
  std::uint8_t *begin = nullptr;
  Ipv4Address source;
  Ipv4Address destination;
  ByteSpan payload;
};

std::uint16_t checksum(ByteView bytes) { return checksum_finish(checksum_add(0, bytes)); }

/// The sum of UDP's pseudo header (RFC 768): the addresses as they stand in the packet, and these.
std::uint32_t pseudo_sum(const std::uint8_t *packet, std::size_t udp_bytes) {
  const auto start = static_cast<std::uint32_t>(IpProtocol::kUdp) + udp_bytes;
  return checksum_add(static_cast<std::uint32_t>(start), {packet + kAddresses, kAddressesBytes});
}

/// False, and the reason counted, when the header is not sound.
bool parse_ipv4(ByteSpan bytes, Ipv4Packet &packet, Counters &counters) {
  std::uint8_t *at = bytes.data();
  if (bytes.size() < kIpv4HeaderBytes || at[0] >> 4 != kVersion4) {
    ++counters.malformed;
    return false;
  }
  const std::size_t header_bytes = std::size_t{4} * (at[0] & 0xFU);
  const std::size_t total_bytes = get_be16(at + 2);
  if (header_bytes < kIpv4HeaderBytes || total_bytes < header_bytes || total_bytes > bytes.size()) {
    ++counters.malformed;
    return false;
  }
  if (checksum(bytes.first(header_bytes)) != 0) {
    ++counters.bad_checksum;
    return false;
  }
  if ((get_be16(at + 6) & kMoreFragmentsOrOffset) != 0) {
    ++counters.fragments;
    return false;
  }
  packet = {at, get_address(at + kAddresses), get_address(at + kAddresses + 4),
            bytes.subspan(header_bytes, total_bytes - header_bytes)};
  return true;
}

std::optional<Datagram> parse_udp(const Ipv4Packet &packet, Counters &counters) {
  const std::uint8_t *at = packet.payload.data();
  const std::size_t size = packet.payload.size() < kUdpHeaderBytes ? 0 : get_be16(at + 4);
  if (size < kUdpHeaderBytes || size > packet.payload.size()) {
    ++counters.malformed;
    return std::nullopt;
  }
  // A checksum of zero means that none was computed.
  if (get_be16(at + 6) != 0 &&
      checksum_finish(checksum_add(pseudo_sum(packet.begin, size), {at, size})) != 0) {
    ++counters.bad_checksum;
    return std::nullopt;
  }
  return Datagram{{packet.source, static_cast<std::uint16_t>(get_be16(at))},
                  static_cast<std::uint16_t>(get_be16(at + 2)),
                  {at + kUdpHeaderBytes, size - kUdpHeaderBytes}};
}

/// Turns an echo request into its answer, in place. Options of the request are not repeated: the
/// answer's header stands right before the message.
ByteSpan answer_echo(const Ipv4Packet &request, Counters &counters) {
  const ByteSpan message = request.payload;
  std::uint8_t *at = message.data();
  if (message.size() < kIcmpHeaderBytes) {
    ++counters.malformed;
    return {};
  }
  if (checksum(message) != 0) {
    ++counters.bad_checksum;
    return {};
  }
  if (get_be16(at) != kEchoRequest << 8) {
    ++counters.foreign;
    return {};
  }
  at[0] = kEchoAnswer;
  put_be16(at + 2, 0);
  put_be16(at + 2, checksum(message));
  write_ipv4_header(at - kIpv4HeaderBytes, IpProtocol::kIcmp, request.destination, request.source,
                    message.size());
  return {at - kIpv4HeaderBytes, kIpv4HeaderBytes + message.size()};
}

/// Whether a packet is for the station `own`. A group or our own address as source would make us
/// answer many, or ourselves.
bool is_for(Ipv4Address own, const Ipv4Packet &packet) {
  return packet.destination == own && packet.source != own && !own.is_none() &&
         !packet.source.is_none() && !packet.source.is_group();
}

} // namespace

void write_ipv4_header(std::uint8_t *packet, IpProtocol protocol, Ipv4Address source,
                       Ipv4Address destination, std::size_t payload_bytes) {
  const auto total = static_cast<std::uint32_t>(kIpv4HeaderBytes + payload_bytes);
  put_be32(packet, (kVersion4 << 28) | (kIpv4HeaderBytes / 4 << 24) | total);
  // Unfragmentable packets need no identification (RFC 6864 section 4.1).
  put_be32(packet + 4, kDontFragment);
  put_be32(packet + 8, (kTimeToLive << 24) | (static_cast<std::uint32_t>(protocol) << 16));
  put_address(packet + kAddresses, source);
  put_address(packet + kAddresses + 4, destination);
  put_be16(packet + 10, checksum({packet, kIpv4HeaderBytes}));
}

std::size_t write_datagram(std::uint8_t *packet, Endpoint source, Endpoint destination,
                           std::size_t payload_bytes) {
  std::uint8_t *udp = packet + kIpv4HeaderBytes;
  const std::size_t udp_bytes = kUdpHeaderBytes + payload_bytes;
  write_ipv4_header(packet, IpProtocol::kUdp, source.address, destination.address, udp_bytes);
  put_be32(udp, (std::uint32_t{source.port} << 16) | destination.port);
  put_be32(udp + 4, static_cast<std::uint32_t>(udp_bytes << 16));
  const std::uint16_t sum =
      checksum_finish(checksum_add(pseudo_sum(packet, udp_bytes), {udp, udp_bytes}));
  // Zero would mean "not computed"; its other ones' complement form says the same (RFC 768).
  put_be16(udp + 6, sum == 0 ? 0xFFFF : sum);
  return kIpv4HeaderBytes + udp_bytes;
}

ByteSpan receive_packet(ByteSpan bytes, Ipv4Address own, std::uint16_t dhcp_port,
                        Counters &counters, std::optional<Datagram> &datagram) {
  Ipv4Packet packet;
  if (!parse_ipv4(bytes, packet, counters)) {
    return {};
  }
  const auto protocol = static_cast<IpProtocol>(packet.begin[9]);
  const bool is_own = is_for(own, packet);
  if (protocol == IpProtocol::kUdp) {
    datagram = parse_udp(packet, counters);
    if (!datagram || datagram->local_port == dhcp_port || is_own) {
      return {};
    }
    datagram.reset();
  } else if (is_own && protocol == IpProtocol::kIcmp) {
    return answer_echo(packet, counters);
  }
  ++counters.foreign;
  return {};
}

} // namespace tinyml::net
