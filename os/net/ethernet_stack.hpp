// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/net/arp_cache.hpp"
#include "os/net/dhcp_client.hpp"
#include "os/net/ethernet.hpp"
#include "os/net/ip_layer.hpp"
#include "os/net/stack_config.hpp"

#include <array>
#include <optional>

namespace tinyml::net {

/// UDP over Ethernet for one device, sans-I/O. One frame buffer, given at construction, serves both
/// directions:
///
///   receive into receive_buffer(), pass the bytes to handle_frame(); read the datagram it returns;
///   send(); then hand every frame that poll() returns to the link until it returns none.
///
/// A datagram to a peer whose link address is unknown stays in the frame buffer until ARP answers;
/// meanwhile receive_buffer() is a small one that only short frames (such as the ARP answer) fit
/// into, so longer ones are lost, as on any busy network. A newer send() replaces a waiting one.
class EthernetStack {
public:
  /// `frame` holds kEthernetHeaderBytes + MTU; at least kMinFrameBytes.
  EthernetStack(const StackConfig &config, ByteSpan frame);

  static constexpr std::size_t kMinFrameBytes =
      kEthernetHeaderBytes + kDatagramHeaderBytes + kDhcpMessageBytes;

  [[nodiscard]] bool ready() const { return !address().is_none(); }
  [[nodiscard]] Ipv4Address address() const { return dhcp_.config().address; }
  [[nodiscard]] const Counters &counters() const { return counters_; }

  /// Where the next received frame goes.
  [[nodiscard]] ByteSpan receive_buffer();
  /// Takes one received frame, which must lie in receive_buffer(). Answers to ARP and ping are
  /// built in its place and come out of poll().
  [[nodiscard]] std::optional<Datagram> handle_frame(ByteSpan frame, std::uint64_t now_ns);

  /// Where a payload can be written so that send() need not copy it. Gives up a waiting datagram
  /// and overwrites a received one.
  [[nodiscard]] ByteSpan payload_room();
  [[nodiscard]] std::size_t max_payload_bytes() const { return frame_.size() - kHeaderBytes; }
  /// `payload` is copied (it may overlap the frame buffer) unless it starts at payload_room().
  [[nodiscard]] SendStatus send(Endpoint peer, std::uint16_t local_port, ByteView payload,
                                std::uint64_t now_ns);

  /// The next frame to put on the link, or empty. Runs ARP's and DHCP's timers. The bytes are
  /// valid until the next call.
  [[nodiscard]] ByteView poll(std::uint64_t now_ns);
  /// When poll() has something to do without a frame having come; kNever when nothing is open.
  [[nodiscard]] std::uint64_t next_deadline_ns() const;

private:
  static constexpr std::size_t kHeaderBytes = kEthernetHeaderBytes + kDatagramHeaderBytes;
  static constexpr std::uint8_t kArpTries = 4;
  static constexpr std::uint64_t kArpRetryNs = 500 * kNanosPerMilli;

  [[nodiscard]] const MacAddress &mac() const { return dhcp_.mac(); }
  /// Nothing is before we have an address.
  [[nodiscard]] bool is_on_link(Ipv4Address station) const;
  [[nodiscard]] Ipv4Address next_hop(Ipv4Address destination) const;
  void handle_arp(ByteSpan frame, std::uint64_t now_ns);
  [[nodiscard]] std::optional<Datagram> handle_ip(ByteSpan frame, std::uint64_t now_ns);
  void transmit(Endpoint peer, std::uint16_t local_port, std::size_t payload_bytes,
                std::uint64_t now_ns);
  void release_waiting(const MacAddress &to);
  void drop_waiting();
  [[nodiscard]] ByteView poll_arp(std::uint64_t now_ns);
  void poll_dhcp(std::uint64_t now_ns);

  DhcpClient dhcp_; // has our link address, too
  ArpCache arp_;
  Counters counters_;
  ByteSpan frame_;
  ByteView outgoing_;             ///< the frame poll() hands out next
  std::size_t waiting_bytes_ = 0; ///< length of the frame that waits for ARP; 0: none does
  Ipv4Address waiting_for_;       ///< whose link address it needs
  std::uint8_t arp_tries_left_ = 0;
  std::uint64_t arp_deadline_ns_ = 0;
  std::array<std::uint8_t, 64> small_; ///< ARP requests, and frames received while one waits
};

} // namespace tinyml::net
