// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/net/datagram.hpp"
#include "os/net/dhcp_message.hpp"
#include "os/net/stack_config.hpp"

namespace tinyml::net {

/// The DHCP client's state machine (RFC 2131 section 4.4): obtains an address, renews it at T1,
/// rebinds at T2, starts over when the lease ends or a server refuses. Retransmits with exponential
/// backoff and jitter from the seed it was given.
///
/// Two things differ from the RFC's advice: the first retransmission comes after 1 s, not 4 s, and
/// there is no random wait before the first message, because a small device on a local network
/// should be up at once; and an offered address is not probed by ARP first.
class DhcpClient {
public:
  /// With a fixed address there is nothing to do: it is bound for ever.
  explicit DhcpClient(const StackConfig &config);

  [[nodiscard]] bool bound() const { return !config_.address.is_none(); }
  [[nodiscard]] const AddressConfig &config() const { return config_; }
  [[nodiscard]] const MacAddress &mac() const { return mac_; }
  [[nodiscard]] std::uint64_t next_deadline_ns() const { return deadline_ns_; }

  /// Where a message of poll() is to be sent; limited broadcast unless a lease is being renewed.
  [[nodiscard]] Ipv4Address destination() const;
  /// Advances the clock. Writes the message that is due into `to` and returns its length; 0 when
  /// none is. `to` holds at least kDhcpMessageBytes.
  [[nodiscard]] std::size_t poll(std::uint64_t now_ns, ByteSpan to);
  /// Takes a UDP payload that came to the client port.
  void handle(ByteView payload, std::uint64_t now_ns);

private:
  enum class State : std::uint8_t { kInit, kSelecting, kRequesting, kBound, kRenewing, kRebinding };

  void start_over(std::uint64_t deadline_ns);
  void advance(std::uint64_t now_ns);
  void set_retry(std::uint64_t now_ns);
  void take_offer(const DhcpMessage &offer, std::uint64_t now_ns);
  void take_lease(const DhcpMessage &ack);
  [[nodiscard]] bool holds_lease() const { return state_ >= State::kBound; }
  [[nodiscard]] DhcpMessage message() const;
  [[nodiscard]] std::uint32_t next_random();

  MacAddress mac_;
  State state_;
  std::uint8_t tries_ = 0;
  std::uint32_t random_;
  std::uint32_t transaction_ = 0;
  AddressConfig config_; ///< an address exactly while a lease is held
  Ipv4Address offered_;
  Ipv4Address server_;
  std::uint64_t deadline_ns_;
  std::uint64_t sent_ns_ = 0;
  std::uint64_t rebind_ns_ = 0;
  std::uint64_t expiry_ns_ = 0;
};

} // namespace tinyml::net
