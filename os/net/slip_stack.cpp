// SPDX-License-Identifier: Apache-2.0
#include "os/net/slip_stack.hpp"

#include <cstring>
#include <utility>

namespace tinyml::net {

std::optional<Datagram> SlipStack::handle_frame(ByteSpan packet, std::uint64_t /*now_ns*/) {
  std::optional<Datagram> datagram;
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

ByteView SlipStack::poll(std::uint64_t /*now_ns*/) { return std::exchange(outgoing_, {}); }

} // namespace tinyml::net
