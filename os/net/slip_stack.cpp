// SPDX-License-Identifier: Apache-2.0
#include "os/net/slip_stack.hpp"

#include "os/net/checksum.hpp"
#include "os/net/wire.hpp"

#include <cstring>
#include <utility>

namespace tinyml::net {

/// An echo request (RFC 792) without identifier, number and data.
void SlipStack::ask_for_address() {
  constexpr std::uint32_t kEchoRequest = 0x0800'0000;
  constexpr std::uint32_t kChecksum = 0xFFFF - (kEchoRequest >> 16);
  std::uint8_t *const at = frame_.data();
  write_ipv4_header(at, IpProtocol::kIcmp, {}, kLimitedBroadcast, kIcmpHeaderBytes);
  put_be32(at + kIpv4HeaderBytes, kEchoRequest | kChecksum);
  put_be32(at + kIpv4HeaderBytes + 4, 0);
  outgoing_ = frame_.first(kIpv4HeaderBytes + kIcmpHeaderBytes);
}

void SlipStack::take_address(ByteView packet) {
  constexpr std::uint8_t kPlainHeader = 0x45;
  const bool answers = packet.size() >= kIpv4HeaderBytes + kIcmpHeaderBytes &&
                       packet[0] == kPlainHeader &&
                       packet[9] == static_cast<std::uint8_t>(IpProtocol::kIcmp) &&
                       checksum_finish(checksum_add(0, packet.first(kIpv4HeaderBytes))) == 0 &&
                       packet[kIpv4HeaderBytes] == 0; // echo answer
  const Ipv4Address given = answers ? get_address(packet.data() + 16) : Ipv4Address{};
  if (!given.is_group()) {
    address_ = given;
  }
}

std::optional<Datagram> SlipStack::handle_frame(ByteSpan packet, std::uint64_t /*now_ns*/) {
  std::optional<Datagram> datagram;
  if (!ready()) {
    take_address(packet);
    return datagram;
  }
  outgoing_ = receive_packet(packet, address_, 0, counters_, datagram);
  return datagram;
}

SendStatus SlipStack::send(Endpoint peer, std::uint16_t local_port, ByteView payload,
                           std::uint64_t /*now_ns*/) {
  if (!ready()) {
    return SendStatus::kNoAddress;
  }
  if (payload.size() > max_payload_bytes()) {
    return SendStatus::kTooLarge;
  }
  if (!outgoing_.empty()) {
    return SendStatus::kBusy;
  }
  if (!payload.empty()) {
    std::memmove(payload_room().data(), payload.data(), payload.size());
  }
  outgoing_ =
      frame_.first(write_datagram(frame_.data(), {address_, local_port}, peer, payload.size()));
  return SendStatus::kSent;
}

ByteView SlipStack::poll(std::uint64_t now_ns) {
  if (!ready() && now_ns >= next_question_ns_) {
    next_question_ns_ = now_ns + kNanosPerSecond;
    ask_for_address();
  }
  return std::exchange(outgoing_, {});
}

} // namespace tinyml::net
