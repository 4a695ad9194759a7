// SPDX-License-Identifier: Apache-2.0
#include "os/net/ethernet.hpp"

#include "os/net/wire.hpp"

#include <cstring>

namespace tinyml::net {
namespace {

/// Hardware type Ethernet, protocol type IPv4.
constexpr std::uint32_t kArpTypes = 0x0001'0800;
/// The lengths of their addresses; the operation follows.
constexpr std::uint32_t kArpLengths = 0x0604'0000;

// Offsets in the frame.
constexpr std::size_t kTypes = kEthernetHeaderBytes;
constexpr std::size_t kLengths = kEthernetHeaderBytes + 4;
constexpr std::size_t kSenderMac = kEthernetHeaderBytes + 8;
constexpr std::size_t kSender = kEthernetHeaderBytes + 14;
constexpr std::size_t kTargetMac = kEthernetHeaderBytes + 18;
constexpr std::size_t kTarget = kEthernetHeaderBytes + 24;

void write_arp(std::uint8_t *frame, const MacAddress &destination, ArpOperation operation,
               const MacAddress &own_mac, Ipv4Address own) {
  write_ethernet_header(frame, destination, own_mac, EtherType::kArp);
  put_be32(frame + kTypes, kArpTypes);
  put_be32(frame + kLengths, kArpLengths | static_cast<std::uint32_t>(operation));
  put_mac(frame + kSenderMac, own_mac);
  put_address(frame + kSender, own);
}

} // namespace

void write_ethernet_header(std::uint8_t *frame, const MacAddress &destination,
                           const MacAddress &source, EtherType type) {
  put_mac(frame, destination);
  put_mac(frame + 6, source);
  put_be16(frame + 12, static_cast<std::uint32_t>(type));
}

bool is_arp(ByteView frame) {
  const std::uint8_t *at = frame.data();
  return frame.size() >= kArpFrameBytes && get_be32(at + kTypes) == kArpTypes &&
         get_be16(at + kLengths) == kArpLengths >> 16;
}

void write_arp_question(std::uint8_t *frame, const MacAddress &own_mac, Ipv4Address own,
                        Ipv4Address target) {
  write_arp(frame, kBroadcastMac, ArpOperation::kQuestion, own_mac, own);
  std::memset(frame + kTargetMac, 0, kTarget - kTargetMac);
  put_address(frame + kTarget, target);
}

void answer_arp(std::uint8_t *frame, const MacAddress &own_mac, Ipv4Address own) {
  std::memcpy(frame + kTargetMac, frame + kSenderMac, kTargetMac - kSenderMac);
  write_arp(frame, get_mac(frame + kTargetMac), ArpOperation::kAnswer, own_mac, own);
}

} // namespace tinyml::net
