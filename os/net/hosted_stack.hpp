// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/hal.hpp"
#include "os/net/datagram.hpp"
#include "os/net/stack_config.hpp"

#include <optional>

namespace tinyml::net {

inline constexpr std::size_t kHostedHeaderBytes = sizeof(hal::DatagramHeader);

/// EthernetStack's interface for boards whose host has an IP stack of its own
/// (hal::LinkKind::kDatagram): only a small header travels before each payload.
class HostedStack {
public:
  HostedStack(const StackConfig & /*config*/, ByteSpan frame) : frame_(frame) {}

  [[nodiscard]] bool ready() const { return true; }
  /// The host keeps the address to itself; 127.0.0.1 stands for it.
  [[nodiscard]] Ipv4Address address() const { return Ipv4Address::of(127, 0, 0, 1); }
  [[nodiscard]] const Counters &counters() const { return counters_; }

  [[nodiscard]] ByteSpan receive_buffer() { return frame_; }
  [[nodiscard]] std::optional<Datagram> handle_frame(ByteSpan frame, std::uint64_t now_ns);

  [[nodiscard]] ByteSpan payload_room() { return frame_.subspan(kHostedHeaderBytes); }
  [[nodiscard]] std::size_t max_payload_bytes() const { return frame_.size() - kHostedHeaderBytes; }
  /// The source port is the host socket's; `local_port` is ignored.
  [[nodiscard]] SendStatus send(Endpoint peer, std::uint16_t local_port, ByteView payload,
                                std::uint64_t now_ns);

  [[nodiscard]] ByteView poll(std::uint64_t now_ns);
  [[nodiscard]] std::uint64_t next_deadline_ns() const { return outgoing_.empty() ? kNever : 0; }

private:
  ByteSpan frame_;
  ByteView outgoing_;
  Counters counters_;
};

} // namespace tinyml::net
