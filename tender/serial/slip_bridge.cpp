// SPDX-License-Identifier: Apache-2.0
#include "tender/serial/slip_bridge.hpp"

#include "os/net/checksum.hpp"
#include "os/net/wire.hpp"

#include <algorithm>

namespace tinyml::tender {
namespace {

using net::Ipv4Address;
using net::kEthernetHeaderBytes;
using net::kIcmpHeaderBytes;
using net::kIpv4HeaderBytes;

constexpr std::uint8_t kTextPacket = '\r';
constexpr std::uint8_t kEndPacket = 0x04;
constexpr std::uint8_t kVersion4 = 4;

Ipv4Address source_of(ByteView packet) { return net::get_address(packet.data() + 12); }
Ipv4Address destination_of(ByteView packet) { return net::get_address(packet.data() + 16); }

bool is_ipv4(ByteView packet) {
  return packet.size() >= kIpv4HeaderBytes && packet[0] >> 4 == kVersion4;
}

bool is_dhcp(ByteView packet) {
  const std::size_t header = is_ipv4(packet) ? std::size_t{4} * (packet[0] & 15U) : 0;
  return header != 0 && packet.size() >= header + net::kUdpHeaderBytes &&
         packet[9] == static_cast<std::uint8_t>(net::IpProtocol::kUdp) &&
         net::get_be16(packet.data() + header + 2) == net::kDhcpClientPort;
}

} // namespace

SlipBridge::SlipBridge(const net::MacAddress &mac, std::uint32_t random_seed, BridgeSinks sinks)
    : mac_(mac), sinks_(std::move(sinks)),
      stack_({.mac = mac, .random_seed = random_seed, .fixed = {}}, frame_) {}

void SlipBridge::from_line(ByteView bytes, std::uint64_t now_ns) {
  for (const std::uint8_t byte : bytes) {
    if (const std::size_t size = receiver_.push(byte); size != 0) {
      take_packet(ByteSpan(packet_).first(size), now_ns);
    }
  }
}

void SlipBridge::take_packet(ByteSpan packet, std::uint64_t now_ns) {
  if (packet[0] == kTextPacket) {
    sinks_.console(as_text(packet.subspan(1)));
  } else if (packet[0] == kEndPacket && packet.size() == 2) {
    sinks_.ended(packet[1]);
  } else if (is_ipv4(packet) && source_of(packet).is_none()) {
    tell_address();
  } else if (is_ipv4(packet) && !source_of(packet).is_group()) {
    device_ = was_told_ ? device_ : source_of(packet);
    if (source_of(packet) == device_) {
      to_network(packet, now_ns);
    }
  }
}

/// The device does not know who it is: an echo answer to its address tells it. Before there is one
/// it has to ask again.
void SlipBridge::tell_address() {
  if (!stack_.ready()) {
    return;
  }
  device_ = stack_.address();
  was_told_ = true;
  std::array<std::uint8_t, kIpv4HeaderBytes + kIcmpHeaderBytes> answer{};
  net::write_ipv4_header(answer.data(), net::IpProtocol::kIcmp, stack_.address(), stack_.address(),
                         kIcmpHeaderBytes);
  net::put_be16(answer.data() + kIpv4HeaderBytes + 2, 0xFFFF); // checksum of an answer of zeros
  to_line(answer);
}

void SlipBridge::to_line(ByteView packet) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(packet.size() + 2);
  net::slip_send(packet, [&](std::uint8_t byte) { bytes.push_back(byte); });
  sinks_.line(bytes);
}

void SlipBridge::to_network(ByteView packet, std::uint64_t now_ns) {
  if (packet.size() > net::kEthernetMtuBytes) {
    return;
  }
  const net::MacAddress *to = neighbours_.find(destination_of(packet), now_ns);
  std::vector<std::uint8_t> frame(kEthernetHeaderBytes + packet.size());
  net::write_ethernet_header(frame.data(), to == nullptr ? net::kBroadcastMac : *to, mac_,
                             net::EtherType::kIpv4);
  std::copy(packet.begin(), packet.end(), frame.begin() + kEthernetHeaderBytes);
  sinks_.network(frame);
}

bool SlipBridge::is_for_device(ByteView packet) const {
  const Ipv4Address to = destination_of(packet);
  return device_.is_none() || to == device_ || to == net::kLimitedBroadcast;
}

/// For the address of a device that never asked; the stack answers for ours.
bool SlipBridge::answer_arp(ByteView frame) {
  if (was_told_ || device_.is_none() || net::frame_type(frame.data()) != net::EtherType::kArp ||
      !net::is_arp(frame) || net::arp_operation(frame.data()) != net::ArpOperation::kQuestion ||
      net::arp_target(frame.data()) != device_) {
    return false;
  }
  std::vector<std::uint8_t> answer(frame.begin(), frame.begin() + net::kArpFrameBytes);
  net::answer_arp(answer.data(), mac_, device_);
  sinks_.network(answer);
  return true;
}

void SlipBridge::from_network(ByteView frame, std::uint64_t now_ns) {
  if (frame.size() < kEthernetHeaderBytes || frame.size() > net::kEthernetFrameBytes) {
    return;
  }
  const ByteView packet = frame.subspan(kEthernetHeaderBytes);
  const bool carries_ip = net::frame_type(frame.data()) == net::EtherType::kIpv4 && is_ipv4(packet);
  if (carries_ip && !source_of(packet).is_none() && !source_of(packet).is_group()) {
    neighbours_.learn(source_of(packet), net::frame_source(frame.data()), now_ns);
  }
  if (carries_ip && !is_dhcp(packet)) {
    const bool to_us = net::frame_destination(frame.data()) == mac_ ||
                       net::frame_destination(frame.data()) == net::kBroadcastMac;
    if (to_us && is_for_device(packet)) {
      to_line(packet.first(std::clamp<std::size_t>(net::get_be16(packet.data() + 2),
                                                   kIpv4HeaderBytes, packet.size())));
    }
    return;
  }
  if (answer_arp(frame)) {
    return;
  }
  const ByteSpan buffer = stack_.receive_buffer();
  std::copy(frame.begin(), frame.end(), buffer.begin());
  (void)stack_.handle_frame(buffer.first(frame.size()), now_ns);
  poll(now_ns);
}

void SlipBridge::poll(std::uint64_t now_ns) {
  for (ByteView frame = stack_.poll(now_ns); !frame.empty(); frame = stack_.poll(now_ns)) {
    sinks_.network(frame);
  }
}

} // namespace tinyml::tender
