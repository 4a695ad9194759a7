// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/net/dhcp_message.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <unordered_map>

namespace tinyml::tender {

/// The clock of the switch: time since any fixed moment.
using Time = std::chrono::steady_clock::time_point;

/// The virtual network as seen from its gateway.
struct Subnet {
  net::Ipv4Address network = net::Ipv4Address::of(10, 77, 0, 0);
  net::Ipv4Address mask = net::Ipv4Address::of(255, 255, 0, 0);
  net::Ipv4Address gateway = net::Ipv4Address::of(10, 77, 0, 1);
  net::MacAddress gateway_mac{0x02, 0x54, 0x4D, 0x4C, 0x00, 0x01};

  [[nodiscard]] bool contains(net::Ipv4Address address) const {
    return (address.bits & mask.bits) == network.bits;
  }
};

/// A DHCP server's decisions (RFC 2131 section 4.3), without a socket. An address follows from the
/// MAC, so a device keeps its own over restarts of device and switch as long as no other MAC wants
/// the same one.
class DhcpServer {
public:
  /// The first 256 host numbers are left to the gateway and to static addresses.
  static constexpr std::uint32_t kFirstHost = 256;
  static constexpr std::size_t kMaxLeases = 16384;

  DhcpServer(const Subnet &subnet, std::chrono::seconds lease) : subnet_(subnet), lease_(lease) {}

  /// What to answer, if anything.
  [[nodiscard]] std::optional<net::DhcpMessage> answer(const net::DhcpMessage &request, Time now);
  /// The address that a station has, or had last.
  [[nodiscard]] std::optional<net::Ipv4Address> address_of(const net::MacAddress &mac) const;
  [[nodiscard]] std::size_t leases() const { return leases_.size(); }

private:
  struct Lease {
    net::Ipv4Address address;
    Time expiry;
  };

  [[nodiscard]] std::optional<net::Ipv4Address> assign(const net::MacAddress &mac,
                                                       net::Ipv4Address wanted, Time now);
  [[nodiscard]] std::optional<net::Ipv4Address> free_address(const net::MacAddress &mac,
                                                             net::Ipv4Address wanted) const;
  [[nodiscard]] bool can_give(net::Ipv4Address address) const;
  void forget_expired(Time now);

  Subnet subnet_;
  std::chrono::seconds lease_;
  std::map<net::MacAddress, Lease> leases_;
  std::unordered_map<std::uint32_t, net::MacAddress> owners_;
};

} // namespace tinyml::tender
