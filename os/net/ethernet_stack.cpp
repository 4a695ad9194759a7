// SPDX-License-Identifier: Apache-2.0
#include "os/net/ethernet_stack.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tinyml::net {

EthernetStack::EthernetStack(const StackConfig &config, ByteSpan frame)
    : dhcp_(config), frame_(frame) {}

ByteSpan EthernetStack::receive_buffer() { return waiting_bytes_ == 0 ? frame_ : ByteSpan(small_); }

ByteSpan EthernetStack::payload_room() {
  drop_waiting();
  return frame_.subspan(kHeaderBytes);
}

std::optional<Datagram> EthernetStack::handle_frame(ByteSpan frame, std::uint64_t now_ns) {
  if (frame.size() < kEthernetHeaderBytes) {
    ++counters_.malformed;
    return std::nullopt;
  }
  if (is_group_frame(frame.data()) || std::memcmp(frame.data(), mac().data(), mac().size()) == 0) {
    switch (frame_type(frame.data())) {
    case EtherType::kArp:
      handle_arp(frame, now_ns);
      return std::nullopt;
    case EtherType::kIpv4:
      return handle_ip(frame, now_ns);
    }
  }
  ++counters_.foreign;
  return std::nullopt;
}

void EthernetStack::handle_arp(ByteSpan frame, std::uint64_t now_ns) {
  std::uint8_t *arp = frame.data();
  if (!is_arp(frame)) {
    ++counters_.malformed;
    return;
  }
  const Ipv4Address sender = arp_sender(arp);
  if (arp_target(arp) != address() || !is_on_link(sender)) {
    ++counters_.foreign;
    return;
  }
  const MacAddress sender_mac = arp_sender_mac(arp);
  arp_.learn(sender, sender_mac, now_ns);
  if (arp_operation(arp) == ArpOperation::kQuestion) {
    answer_arp(arp, mac(), address());
    outgoing_ = frame.first(kArpFrameBytes);
  } else if (waiting_bytes_ != 0 && sender == waiting_for_) {
    release_waiting(sender_mac);
  }
}

std::optional<Datagram> EthernetStack::handle_ip(ByteSpan frame, std::uint64_t now_ns) {
  const MacAddress from = frame_source(frame.data());
  std::optional<Datagram> datagram;
  const ByteSpan answer = receive_packet(frame.subspan(kEthernetHeaderBytes), address(),
                                         kDhcpClientPort, counters_, datagram);
  if (!answer.empty()) {
    // Back to where it came from, a router as much as a neighbour.
    std::uint8_t *header = answer.data() - kEthernetHeaderBytes;
    write_ethernet_header(header, from, mac(), EtherType::kIpv4);
    outgoing_ = {header, kEthernetHeaderBytes + answer.size()};
  }
  if (!datagram) {
    return datagram;
  }
  const Ipv4Address peer = datagram->peer.address;
  if (datagram->local_port == kDhcpClientPort) {
    dhcp_.handle(datagram->payload, now_ns);
    datagram.reset();
  }
  // Whoever speaks to us will get an answer soon: spare it an ARP exchange. A DHCP server, too, is
  // often the gateway.
  if (is_on_link(peer)) {
    arp_.learn(peer, from, now_ns);
  }
  return datagram;
}

bool EthernetStack::is_on_link(Ipv4Address station) const {
  const AddressConfig &config = dhcp_.config();
  return ready() && ((station.bits ^ config.address.bits) & config.mask.bits) == 0;
}

Ipv4Address EthernetStack::next_hop(Ipv4Address destination) const {
  return is_on_link(destination) ? destination : dhcp_.config().gateway;
}

SendStatus EthernetStack::send(Endpoint peer, std::uint16_t local_port, ByteView payload,
                               std::uint64_t now_ns) {
  if (!ready()) {
    return SendStatus::kNoAddress;
  }
  if (next_hop(peer.address).is_none()) {
    return SendStatus::kNoRoute;
  }
  if (payload.size() > max_payload_bytes()) {
    return SendStatus::kTooLarge;
  }
  if (!outgoing_.empty()) {
    return SendStatus::kBusy;
  }
  const ByteSpan room = payload_room();
  if (!payload.empty()) {
    std::memmove(room.data(), payload.data(), payload.size());
  }
  transmit(peer, local_port, payload.size(), now_ns);
  return SendStatus::kSent;
}

/// Sends the payload that stands at payload_room(), now or after ARP.
void EthernetStack::transmit(Endpoint peer, std::uint16_t local_port, std::size_t payload_bytes,
                             std::uint64_t now_ns) {
  waiting_bytes_ =
      kEthernetHeaderBytes + write_datagram(frame_.data() + kEthernetHeaderBytes,
                                            {address(), local_port}, peer, payload_bytes);
  if (peer.address == kLimitedBroadcast) {
    release_waiting(kBroadcastMac);
    return;
  }
  waiting_for_ = next_hop(peer.address);
  if (const MacAddress *known = arp_.find(waiting_for_, now_ns)) {
    release_waiting(*known);
    return;
  }
  arp_tries_left_ = kArpTries;
  arp_deadline_ns_ = now_ns;
}

void EthernetStack::release_waiting(const MacAddress &to) {
  write_ethernet_header(frame_.data(), to, mac(), EtherType::kIpv4);
  outgoing_ = frame_.first(std::exchange(waiting_bytes_, 0));
}

void EthernetStack::drop_waiting() {
  if (waiting_bytes_ != 0) {
    waiting_bytes_ = 0;
    ++counters_.unresolved;
  }
}

ByteView EthernetStack::poll(std::uint64_t now_ns) {
  if (outgoing_.empty()) {
    poll_dhcp(now_ns);
  }
  if (!outgoing_.empty()) {
    return std::exchange(outgoing_, {});
  }
  return waiting_bytes_ != 0 && now_ns >= arp_deadline_ns_ ? poll_arp(now_ns) : ByteView{};
}

ByteView EthernetStack::poll_arp(std::uint64_t now_ns) {
  if (arp_tries_left_ == 0) {
    drop_waiting();
    return {};
  }
  --arp_tries_left_;
  arp_deadline_ns_ = now_ns + kArpRetryNs;
  write_arp_question(small_.data(), mac(), address(), waiting_for_);
  return ByteView(small_).first(kArpFrameBytes);
}

void EthernetStack::poll_dhcp(std::uint64_t now_ns) {
  if (now_ns < dhcp_.next_deadline_ns()) {
    return;
  }
  const std::size_t size = dhcp_.poll(now_ns, payload_room());
  if (!ready()) {
    arp_.clear();
  }
  transmit({dhcp_.destination(), kDhcpServerPort}, kDhcpClientPort, size, now_ns);
}

std::uint64_t EthernetStack::next_deadline_ns() const {
  if (!outgoing_.empty()) {
    return 0;
  }
  const std::uint64_t dhcp = dhcp_.next_deadline_ns();
  return waiting_bytes_ != 0 ? std::min(dhcp, arp_deadline_ns_) : dhcp;
}

} // namespace tinyml::net
