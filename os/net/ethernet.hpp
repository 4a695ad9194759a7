// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/net/address.hpp"
#include "os/net/wire.hpp"

namespace tinyml::net {

inline constexpr std::size_t kEthernetHeaderBytes = 14;
inline constexpr std::size_t kEthernetMtuBytes = 1500;
inline constexpr std::size_t kEthernetFrameBytes = kEthernetHeaderBytes + kEthernetMtuBytes;
inline constexpr std::size_t kArpPacketBytes = 28;
inline constexpr std::size_t kArpFrameBytes = kEthernetHeaderBytes + kArpPacketBytes;

enum class EtherType : std::uint16_t { kIpv4 = 0x0800, kArp = 0x0806 };

/// Ethernet II: destination, source, type; frames without FCS. The padding to 60 bytes is left to
/// the network chip.
[[nodiscard]] inline MacAddress frame_destination(const std::uint8_t *frame) {
  return get_mac(frame);
}
[[nodiscard]] inline MacAddress frame_source(const std::uint8_t *frame) {
  return get_mac(frame + 6);
}
[[nodiscard]] inline EtherType frame_type(const std::uint8_t *frame) {
  return static_cast<EtherType>(get_be16(frame + 12));
}
/// Sent to many: broadcast or multicast (IEEE 802: the lowest bit of the first byte).
[[nodiscard]] inline bool is_group_frame(const std::uint8_t *frame) { return (frame[0] & 1) != 0; }
void write_ethernet_header(std::uint8_t *frame, const MacAddress &destination,
                           const MacAddress &source, EtherType type);

enum class ArpOperation : std::uint16_t { kQuestion = 1, kAnswer = 2 };

// ARP for IPv4 over Ethernet (RFC 826), read and turned around in its frame.

/// Whether a frame (of any length) of type kArp carries such a packet; padding behind it is
/// ignored. The functions below are for frames that do.
[[nodiscard]] bool is_arp(ByteView frame);
[[nodiscard]] inline ArpOperation arp_operation(const std::uint8_t *frame) {
  return static_cast<ArpOperation>(get_be16(frame + kEthernetHeaderBytes + 6));
}
[[nodiscard]] inline MacAddress arp_sender_mac(const std::uint8_t *frame) {
  return get_mac(frame + kEthernetHeaderBytes + 8);
}
[[nodiscard]] inline Ipv4Address arp_sender(const std::uint8_t *frame) {
  return get_address(frame + kEthernetHeaderBytes + 14);
}
[[nodiscard]] inline Ipv4Address arp_target(const std::uint8_t *frame) {
  return get_address(frame + kEthernetHeaderBytes + 24);
}

/// Writes a frame of kArpFrameBytes that asks everybody who has `target`.
void write_arp_question(std::uint8_t *frame, const MacAddress &own_mac, Ipv4Address own,
                        Ipv4Address target);
/// Makes a question its answer by `own`, in place.
void answer_arp(std::uint8_t *frame, const MacAddress &own_mac, Ipv4Address own);

} // namespace tinyml::net
