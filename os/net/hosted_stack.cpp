// SPDX-License-Identifier: Apache-2.0
#include "os/net/hosted_stack.hpp"

#include "os/net/wire.hpp"

#include <cstring>
#include <utility>

namespace tinyml::net {

std::optional<Datagram> HostedStack::handle_frame(ByteSpan frame, std::uint64_t /*now_ns*/) {
  if (frame.size() < kHostedHeaderBytes) {
    ++counters_.malformed;
    return std::nullopt;
  }
  return Datagram{{get_address(frame.data()), static_cast<std::uint16_t>(get_be16(&frame[4]))},
                  0,
                  frame.subspan(kHostedHeaderBytes)};
}

SendStatus HostedStack::send(Endpoint peer, std::uint16_t /*local_port*/, ByteView payload,
                             std::uint64_t /*now_ns*/) {
  if (payload.size() > max_payload_bytes()) {
    return SendStatus::kTooLarge;
  }
  if (!outgoing_.empty()) {
    return SendStatus::kBusy;
  }
  if (!payload.empty()) {
    std::memmove(payload_room().data(), payload.data(), payload.size());
  }
  put_address(frame_.data(), peer.address);
  put_be16(frame_.data() + 4, peer.port);
  outgoing_ = frame_.first(kHostedHeaderBytes + payload.size());
  return SendStatus::kSent;
}

ByteView HostedStack::poll(std::uint64_t /*now_ns*/) { return std::exchange(outgoing_, {}); }

} // namespace tinyml::net
