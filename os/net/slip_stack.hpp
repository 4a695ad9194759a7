// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/net/ip_layer.hpp"
#include "os/net/stack_config.hpp"

#include <optional>

namespace tinyml::net {

/// EthernetStack's interface for point-to-point links that carry bare IPv4 packets
/// (hal::LinkKind::kSlip; RFC 1055): no link addresses, so no ARP. Without a static address the
/// other end is asked for one: an echo request from nobody to everybody, repeated every second, to
/// which it answers with an echo answer to the address that the station shall have
/// (docs/serial-line.md).
class SlipStack {
public:
  SlipStack(const StackConfig &config, ByteSpan frame)
      : address_(config.fixed.address), frame_(frame) {}

  [[nodiscard]] bool ready() const { return !address_.is_none(); }
  [[nodiscard]] Ipv4Address address() const { return address_; }
  [[nodiscard]] const Counters &counters() const { return counters_; }

  [[nodiscard]] ByteSpan receive_buffer() { return frame_; }
  [[nodiscard]] std::optional<Datagram> handle_frame(ByteSpan packet, std::uint64_t now_ns);

  [[nodiscard]] ByteSpan payload_room() { return frame_.subspan(kDatagramHeaderBytes); }
  [[nodiscard]] std::size_t max_payload_bytes() const {
    return frame_.size() - kDatagramHeaderBytes;
  }
  [[nodiscard]] SendStatus send(Endpoint peer, std::uint16_t local_port, ByteView payload,
                                std::uint64_t now_ns);

  [[nodiscard]] ByteView poll(std::uint64_t now_ns);
  [[nodiscard]] std::uint64_t next_deadline_ns() const {
    return !outgoing_.empty() ? 0 : ready() ? kNever : next_question_ns_;
  }

private:
  void ask_for_address();
  void take_address(ByteView packet);

  std::uint64_t next_question_ns_ = 0;
  Ipv4Address address_;
  ByteSpan frame_;
  ByteView outgoing_;
  Counters counters_;
};

} // namespace tinyml::net
