// SPDX-License-Identifier: Apache-2.0
#include "os/net/ethernet.hpp"

#include "os/net/wire.hpp"

namespace tinyml::net {
namespace {

constexpr std::uint32_t kHardwareEthernet = 1;
/// Address lengths of Ethernet (6) and IPv4 (4), as they stand in the packet.
constexpr std::uint32_t kAddressLengths = 0x0604;

} // namespace

MacAddress frame_destination(const std::uint8_t *frame) { return get_mac(frame); }

MacAddress frame_source(const std::uint8_t *frame) { return get_mac(frame + 6); }

EtherType frame_type(const std::uint8_t *frame) {
  return static_cast<EtherType>(get_be16(frame + 12));
}

void write_ethernet_header(std::uint8_t *frame, const MacAddress &destination,
                           const MacAddress &source, EtherType type) {
  put_mac(frame, destination);
  put_mac(frame + 6, source);
  put_be16(frame + 12, static_cast<std::uint32_t>(type));
}

std::optional<ArpPacket> parse_arp(ByteView bytes) {
  const std::uint8_t *at = bytes.data();
  if (bytes.size() < kArpPacketBytes || get_be16(at) != kHardwareEthernet ||
      get_be16(at + 2) != static_cast<std::uint32_t>(EtherType::kIpv4) ||
      get_be16(at + 4) != kAddressLengths) {
    return std::nullopt;
  }
  return ArpPacket{static_cast<ArpOperation>(get_be16(at + 6)), get_mac(at + 8),
                   get_address(at + 14), get_mac(at + 18), get_address(at + 24)};
}

void write_arp_frame(std::uint8_t *frame, const MacAddress &destination, const ArpPacket &packet) {
  write_ethernet_header(frame, destination, packet.sender_mac, EtherType::kArp);
  std::uint8_t *at = frame + kEthernetHeaderBytes;
  put_be16(at, kHardwareEthernet);
  put_be16(at + 2, static_cast<std::uint32_t>(EtherType::kIpv4));
  put_be16(at + 4, kAddressLengths);
  put_be16(at + 6, static_cast<std::uint32_t>(packet.operation));
  put_mac(at + 8, packet.sender_mac);
  put_address(at + 14, packet.sender);
  put_mac(at + 18, packet.target_mac);
  put_address(at + 24, packet.target);
}

} // namespace tinyml::net
