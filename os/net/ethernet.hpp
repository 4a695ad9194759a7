// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/net/address.hpp"

#include <optional>

namespace tinyml::net {

inline constexpr std::size_t kEthernetHeaderBytes = 14;
inline constexpr std::size_t kEthernetMtuBytes = 1500;
inline constexpr std::size_t kEthernetFrameBytes = kEthernetHeaderBytes + kEthernetMtuBytes;
inline constexpr std::size_t kArpPacketBytes = 28;
inline constexpr std::size_t kArpFrameBytes = kEthernetHeaderBytes + kArpPacketBytes;

enum class EtherType : std::uint16_t { kIpv4 = 0x0800, kArp = 0x0806 };

/// Ethernet II: destination, source, type; frames without FCS. The padding to 60 bytes is left to
/// the network chip.
[[nodiscard]] MacAddress frame_destination(const std::uint8_t *frame);
[[nodiscard]] MacAddress frame_source(const std::uint8_t *frame);
[[nodiscard]] EtherType frame_type(const std::uint8_t *frame);
void write_ethernet_header(std::uint8_t *frame, const MacAddress &destination,
                           const MacAddress &source, EtherType type);

enum class ArpOperation : std::uint16_t { kRequest = 1, kAnswer = 2 };

/// An ARP packet for IPv4 over Ethernet (RFC 826).
struct ArpPacket {
  ArpOperation operation{};
  MacAddress sender_mac{};
  Ipv4Address sender;
  MacAddress target_mac{};
  Ipv4Address target;
};

/// `bytes` is what follows the Ethernet header; padding behind the packet is ignored.
[[nodiscard]] std::optional<ArpPacket> parse_arp(ByteView bytes);
/// Writes the whole frame (kArpFrameBytes) from `packet.sender_mac` to `destination`.
void write_arp_frame(std::uint8_t *frame, const MacAddress &destination, const ArpPacket &packet);

} // namespace tinyml::net
