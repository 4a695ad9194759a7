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
  std::uint8_t *begin;
  std::uint8_t *payload;
  std::size_t payload_bytes;
};

Ipv4Address source_of(const Ipv4Packet &packet) { return get_address(packet.begin + kAddresses); }
Ipv4Address destination_of(const Ipv4Packet &packet) {
  return get_address(packet.begin + kAddresses + 4);
}

std::uint16_t checksum(const std::uint8_t *bytes, std::size_t size) {
  return checksum_finish(checksum_add(0, {bytes, size}));
}

/// UDP's checksum with its pseudo header (RFC 768): the addresses as they stand in the packet, the
/// protocol and the length.
std::uint16_t udp_checksum(const std::uint8_t *packet, const std::uint8_t *udp,
                           std::size_t udp_bytes) {
  const auto start = static_cast<std::uint32_t>(IpProtocol::kUdp) + udp_bytes;
  const std::uint32_t pseudo_header =
      checksum_add(static_cast<std::uint32_t>(start), {packet + kAddresses, kAddressesBytes});
  return checksum_finish(checksum_add(pseudo_header, {udp, udp_bytes}));
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
  if (checksum(at, header_bytes) != 0) {
    ++counters.bad_checksum;
    return false;
  }
  if ((get_be16(at + 6) & kMoreFragmentsOrOffset) != 0) {
    ++counters.fragments;
    return false;
  }
  packet = {at, at + header_bytes, total_bytes - header_bytes};
  return true;
}

/// The length of a sound UDP datagram; 0, and the reason counted, when it is none.
std::size_t check_udp(const Ipv4Packet &packet, Counters &counters) {
  const std::uint8_t *at = packet.payload;
  const std::size_t size = packet.payload_bytes < kUdpHeaderBytes ? 0 : get_be16(at + 4);
  if (size < kUdpHeaderBytes || size > packet.payload_bytes) {
    ++counters.malformed;
    return 0;
  }
  // A checksum of zero means that none was computed.
  if (get_be16(at + 6) != 0 && udp_checksum(packet.begin, at, size) != 0) {
    ++counters.bad_checksum;
    return 0;
  }
  return size;
}

/// Turns an echo request into its answer, in place. Options of the request are not repeated: the
/// answer's header stands right before the message.
ByteSpan answer_echo(const Ipv4Packet &request, Counters &counters) {
  const std::size_t size = request.payload_bytes;
  std::uint8_t *at = request.payload;
  if (size < kIcmpHeaderBytes) {
    ++counters.malformed;
    return {};
  }
  if (checksum(at, size) != 0) {
    ++counters.bad_checksum;
    return {};
  }
  if (get_be16(at) != kEchoRequest << 8) {
    ++counters.foreign;
    return {};
  }
  at[0] = kEchoAnswer;
  put_be16(at + 2, 0);
  put_be16(at + 2, checksum(at, size));
  write_ipv4_header(at - kIpv4HeaderBytes, IpProtocol::kIcmp, destination_of(request),
                    source_of(request), size);
  return {at - kIpv4HeaderBytes, kIpv4HeaderBytes + size};
}

/// Whether a packet is for the station `own`. A group or our own address as source would make us
/// answer many, or ourselves.
bool is_for(Ipv4Address own, const Ipv4Packet &packet) {
  const Ipv4Address source = source_of(packet);
  return destination_of(packet) == own && source != own && !own.is_none() && !source.is_none() &&
         !source.is_group();
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
  put_be16(packet + 10, checksum(packet, kIpv4HeaderBytes));
}

std::size_t write_datagram(std::uint8_t *packet, Endpoint source, Endpoint destination,
                           std::size_t payload_bytes) {
  std::uint8_t *udp = packet + kIpv4HeaderBytes;
  const std::size_t udp_bytes = kUdpHeaderBytes + payload_bytes;
  write_ipv4_header(packet, IpProtocol::kUdp, source.address, destination.address, udp_bytes);
  put_be32(udp, (std::uint32_t{source.port} << 16) | destination.port);
  put_be32(udp + 4, static_cast<std::uint32_t>(udp_bytes << 16));
  const std::uint16_t sum = udp_checksum(packet, udp, udp_bytes);
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
  const std::uint8_t *at = packet.payload;
  const auto protocol = static_cast<IpProtocol>(packet.begin[9]);
  const bool is_own = is_for(own, packet);
  if (protocol == IpProtocol::kUdp) {
    const std::size_t size = check_udp(packet, counters);
    if (size == 0) {
      return {};
    }
    const auto local_port = static_cast<std::uint16_t>(get_be16(at + 2));
    if (is_own || local_port == dhcp_port) {
      datagram.emplace(Datagram{{source_of(packet), static_cast<std::uint16_t>(get_be16(at))},
                                local_port,
                                {at + kUdpHeaderBytes, size - kUdpHeaderBytes}});
      return {};
    }
  } else if (is_own && protocol == IpProtocol::kIcmp) {
    return answer_echo(packet, counters);
  }
  ++counters.foreign;
  return {};
}

} // namespace tinyml::net
