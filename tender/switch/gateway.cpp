// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/gateway.hpp"

#include <cstring>

namespace tinyml::tender {

using net::kDatagramHeaderBytes;
using net::kEthernetHeaderBytes;
using net::MacAddress;

Gateway::Outcome Gateway::handle(ByteSpan buffer, std::size_t frame_bytes, Time now) {
  if (frame_bytes < kEthernetHeaderBytes) {
    ++counters_.malformed;
    return {};
  }
  switch (net::frame_type(buffer.data())) {
  case net::EtherType::kArp:
    return {answer_arp(buffer.first(frame_bytes)), std::nullopt};
  case net::EtherType::kIpv4:
    return handle_ip(buffer, frame_bytes, now);
  }
  ++counters_.foreign;
  return {};
}

bool Gateway::answers_alone(ByteView frame) const {
  if (net::is_arp(frame)) {
    return net::arp_target(frame.data()) == subnet_.gateway &&
           net::arp_operation(frame.data()) == net::ArpOperation::kQuestion;
  }
  constexpr std::size_t kProtocolAt = kEthernetHeaderBytes + 9; // RFC 791 section 3.1
  constexpr std::uint8_t kUdp = 17;
  if (frame.size() < kEthernetHeaderBytes + kDatagramHeaderBytes ||
      net::frame_type(frame.data()) != net::EtherType::kIpv4 || frame[kProtocolAt] != kUdp) {
    return false;
  }
  const std::size_t udp_at = kEthernetHeaderBytes + std::size_t{4} * (frame[14] & 15U);
  return udp_at + 4 <= frame.size() &&
         load_be<std::uint16_t>(frame.data() + udp_at + 2) == net::kDhcpServerPort;
}

ByteView Gateway::answer_arp(ByteSpan frame) {
  if (!net::is_arp(frame) || net::arp_target(frame.data()) != subnet_.gateway ||
      net::arp_operation(frame.data()) != net::ArpOperation::kQuestion) {
    ++counters_.foreign;
    return {};
  }
  net::answer_arp(frame.data(), subnet_.gateway_mac, subnet_.gateway);
  return frame.first(net::kArpFrameBytes);
}

Gateway::Outcome Gateway::handle_ip(ByteSpan buffer, std::size_t frame_bytes, Time now) {
  const MacAddress from = net::frame_source(buffer.data());
  const ByteSpan packet = buffer.subspan(kEthernetHeaderBytes, frame_bytes - kEthernetHeaderBytes);
  std::optional<net::Datagram> datagram;
  const ByteSpan ping =
      net::receive_packet(packet, subnet_.gateway, net::kDhcpServerPort, counters_, datagram);
  if (!ping.empty()) {
    std::uint8_t *frame = ping.data() - kEthernetHeaderBytes;
    net::write_ethernet_header(frame, from, subnet_.gateway_mac, net::EtherType::kIpv4);
    return {{frame, kEthernetHeaderBytes + ping.size()}, std::nullopt};
  }
  if (!datagram) {
    return {};
  }
  if (datagram->local_port == net::kDhcpServerPort) {
    return {answer_dhcp(buffer, datagram->payload, now), std::nullopt};
  }
  if (!subnet_.contains(datagram->peer.address)) {
    ++counters_.foreign;
    return {};
  }
  return {{}, RelayedDatagram{from, datagram->peer, datagram->local_port, datagram->payload}};
}

ByteView Gateway::answer_dhcp(ByteSpan buffer, ByteView payload, Time now) {
  const auto request = net::parse_dhcp(payload);
  const auto answer = request ? dhcp_.answer(*request, now) : std::nullopt;
  if (!answer) {
    ++counters_.foreign;
    return {};
  }
  const ByteSpan packet = buffer.subspan(kEthernetHeaderBytes);
  const std::size_t size = net::write_dhcp(*answer, packet.subspan(kDatagramHeaderBytes));
  const net::Endpoint client{answer->broadcast ? net::kLimitedBroadcast : answer->yours,
                             net::kDhcpClientPort};
  const std::size_t packet_bytes =
      net::write_datagram(packet.data(), {subnet_.gateway, net::kDhcpServerPort}, client, size);
  net::write_ethernet_header(buffer.data(),
                             answer->broadcast ? net::kBroadcastMac : answer->client_mac,
                             subnet_.gateway_mac, net::EtherType::kIpv4);
  return buffer.first(kEthernetHeaderBytes + packet_bytes);
}

std::size_t Gateway::build(ByteSpan buffer, const RelayedDatagram &datagram) const {
  constexpr std::size_t kHeaders = kEthernetHeaderBytes + kDatagramHeaderBytes;
  if (datagram.payload.size() > net::kEthernetFrameBytes - kHeaders ||
      datagram.payload.size() > buffer.size() - kHeaders) {
    return 0;
  }
  if (!datagram.payload.empty()) {
    std::memcpy(buffer.data() + kHeaders, datagram.payload.data(), datagram.payload.size());
  }
  net::write_ethernet_header(buffer.data(), datagram.guest_mac, subnet_.gateway_mac,
                             net::EtherType::kIpv4);
  return kEthernetHeaderBytes + net::write_datagram(buffer.data() + kEthernetHeaderBytes,
                                                    {subnet_.gateway, datagram.host_port},
                                                    datagram.guest, datagram.payload.size());
}

} // namespace tinyml::tender
