// SPDX-License-Identifier: Apache-2.0
#include "os/net/ip_layer.hpp"

#include "os/net/checksum.hpp"
#include "os/net/wire.hpp"

namespace tinyml::net {
namespace {

constexpr std::uint8_t kVersion4 = 4;
constexpr std::uint32_t kMoreFragmentsOrOffset = 0x3FFF;
constexpr std::uint16_t kDontFragment = 0x4000;
constexpr std::uint8_t kTimeToLive = 64;

constexpr std::uint8_t kEchoAnswer = 0;
constexpr std::uint8_t kEchoRequest = 8;

std::uint16_t checksum(ByteView bytes) { return checksum_finish(checksum_add(0, bytes)); }

} // namespace

std::optional<Ipv4Packet> parse_ipv4(ByteSpan packet, Counters &counters) {
  const std::uint8_t *at = packet.data();
  if (packet.size() < kIpv4HeaderBytes || at[0] >> 4 != kVersion4) {
    ++counters.malformed;
    return std::nullopt;
  }
  const std::size_t header_bytes = (at[0] & 0xFU) * 4U;
  const std::size_t total_bytes = get_be16(at + 2);
  if (header_bytes < kIpv4HeaderBytes || total_bytes < header_bytes ||
      total_bytes > packet.size()) {
    ++counters.malformed;
    return std::nullopt;
  }
  if (checksum(packet.first(header_bytes)) != 0) {
    ++counters.bad_checksum;
    return std::nullopt;
  }
  if ((get_be16(at + 6) & kMoreFragmentsOrOffset) != 0) {
    ++counters.fragments;
    return std::nullopt;
  }
  return Ipv4Packet{get_address(at + 12), get_address(at + 16), static_cast<IpProtocol>(at[9]),
                    packet.subspan(header_bytes, total_bytes - header_bytes)};
}

void write_ipv4_header(std::uint8_t *packet, IpProtocol protocol, Ipv4Address source,
                       Ipv4Address destination, std::size_t payload_bytes) {
  packet[0] = (kVersion4 << 4) | (kIpv4HeaderBytes / 4);
  packet[1] = 0;
  put_be16(packet + 2, static_cast<std::uint32_t>(kIpv4HeaderBytes + payload_bytes));
  // Unfragmentable packets need no identification (RFC 6864 section 4.1).
  put_be32(packet + 4, kDontFragment);
  packet[8] = kTimeToLive;
  packet[9] = static_cast<std::uint8_t>(protocol);
  put_be16(packet + 10, 0);
  put_address(packet + 12, source);
  put_address(packet + 16, destination);
  put_be16(packet + 10, checksum({packet, kIpv4HeaderBytes}));
}

std::optional<Datagram> parse_udp(const Ipv4Packet &packet, Counters &counters) {
  const std::uint8_t *at = packet.payload.data();
  const std::size_t size = packet.payload.size() < kUdpHeaderBytes ? 0 : get_be16(at + 4);
  if (size < kUdpHeaderBytes || size > packet.payload.size()) {
    ++counters.malformed;
    return std::nullopt;
  }
  const std::uint32_t pseudo = udp_pseudo_sum(packet.source, packet.destination, size);
  if (get_be16(at + 6) != 0 &&
      checksum_finish(checksum_add(pseudo, packet.payload.first(size))) != 0) {
    ++counters.bad_checksum;
    return std::nullopt;
  }
  return Datagram{{packet.source, static_cast<std::uint16_t>(get_be16(at))},
                  static_cast<std::uint16_t>(get_be16(at + 2)),
                  packet.payload.subspan(kUdpHeaderBytes, size - kUdpHeaderBytes)};
}

std::size_t write_datagram(std::uint8_t *packet, Endpoint source, Endpoint destination,
                           std::size_t payload_bytes) {
  std::uint8_t *udp = packet + kIpv4HeaderBytes;
  const std::size_t udp_bytes = kUdpHeaderBytes + payload_bytes;
  put_be16(udp, source.port);
  put_be16(udp + 2, destination.port);
  put_be32(udp + 4, static_cast<std::uint32_t>(udp_bytes << 16));
  const std::uint32_t pseudo = udp_pseudo_sum(source.address, destination.address, udp_bytes);
  const std::uint16_t sum = checksum_finish(checksum_add(pseudo, {udp, udp_bytes}));
  // Zero would mean "not computed"; its other ones' complement form says the same (RFC 768).
  put_be16(udp + 6, sum == 0 ? 0xFFFF : sum);
  write_ipv4_header(packet, IpProtocol::kUdp, source.address, destination.address, udp_bytes);
  return kIpv4HeaderBytes + udp_bytes;
}

ByteSpan answer_echo(const Ipv4Packet &request, Counters &counters) {
  const ByteSpan message = request.payload;
  if (message.size() < kIcmpHeaderBytes) {
    ++counters.malformed;
    return {};
  }
  if (checksum(message) != 0) {
    ++counters.bad_checksum;
    return {};
  }
  if (message[0] != kEchoRequest || message[1] != 0) {
    ++counters.foreign;
    return {};
  }
  message[0] = kEchoAnswer;
  put_be16(message.data() + 2, 0);
  put_be16(message.data() + 2, checksum(message));
  std::uint8_t *packet = message.data() - kIpv4HeaderBytes;
  write_ipv4_header(packet, IpProtocol::kIcmp, request.destination, request.source, message.size());
  return {packet, kIpv4HeaderBytes + message.size()};
}

IpOutcome receive_packet(ByteSpan bytes, Ipv4Address own, Counters &counters) {
  const auto packet = parse_ipv4(bytes, counters);
  if (!packet) {
    return {};
  }
  // A group or our own address as source would make us answer many, or ourselves.
  const bool is_own = !own.is_none() && packet->destination == own;
  const bool is_sane =
      !packet->source.is_none() && !packet->source.is_group() && packet->source != own;
  if (is_sane && packet->protocol == IpProtocol::kUdp) {
    const auto datagram = parse_udp(*packet, counters);
    if (!datagram || is_own || datagram->local_port == kDhcpClientPort) {
      return {datagram, {}};
    }
  } else if (is_sane && is_own && packet->protocol == IpProtocol::kIcmp) {
    return {std::nullopt, answer_echo(*packet, counters)};
  }
  ++counters.foreign;
  return {};
}

} // namespace tinyml::net
