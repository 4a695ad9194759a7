// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/net/ethernet_stack.hpp"
#include "tender/switch/dhcp_server.hpp"

#include <optional>

namespace tinyml::tender {

/// One direction of a guest's conversation with a UDP port of this host.
struct RelayedDatagram {
  net::MacAddress guest_mac{};
  net::Endpoint guest;
  std::uint16_t host_port = 0;
  ByteView payload;
};

/// The station that the virtual network's guests see as their gateway, without sockets: answers
/// ARP, ping and DHCP, and takes out the UDP that is meant for this host.
class Gateway {
public:
  explicit Gateway(const Subnet &subnet, std::chrono::seconds lease = std::chrono::hours(1))
      : subnet_(subnet), dhcp_(subnet, lease) {}

  struct Outcome {
    ByteView answer; ///< a frame to send back, built in the buffer; empty when none
    std::optional<RelayedDatagram> relay;
  };

  /// Takes a frame whose destination is the gateway's MAC or a broadcast. `buffer` holds the frame
  /// and room up to a whole frame (net::kEthernetFrameBytes); both results point into it.
  [[nodiscard]] Outcome handle(ByteSpan buffer, std::size_t frame_bytes, Time now);

  /// Builds the frame that brings a host's datagram to the guest; returns its length, 0 when the
  /// payload does not fit a frame (there is no fragmentation).
  [[nodiscard]] std::size_t build(ByteSpan buffer, const RelayedDatagram &datagram) const;

  /// True for what no other station has to see: questions for the gateway's MAC, and DHCP clients'
  /// messages.
  [[nodiscard]] bool answers_alone(ByteView frame) const;

  [[nodiscard]] std::optional<net::Ipv4Address> address_of(const net::MacAddress &station) const {
    return dhcp_.address_of(station);
  }
  [[nodiscard]] const Subnet &subnet() const { return subnet_; }
  [[nodiscard]] const net::Counters &counters() const { return counters_; }

private:
  [[nodiscard]] ByteView answer_arp(ByteSpan frame);
  [[nodiscard]] Outcome handle_ip(ByteSpan buffer, std::size_t frame_bytes, Time now);
  [[nodiscard]] ByteView answer_dhcp(ByteSpan buffer, ByteView payload, Time now);

  Subnet subnet_;
  DhcpServer dhcp_;
  net::Counters counters_;
};

} // namespace tinyml::tender
