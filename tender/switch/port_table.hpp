// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/net/address.hpp"
#include "tender/switch/dhcp_server.hpp"

#include <optional>
#include <unordered_map>
#include <vector>

namespace tinyml::tender {

/// A port of the switch. 0 is the built-in gateway; every UDP peer that sends frames is one more.
using PortId = std::uint32_t;
inline constexpr PortId kGatewayPort = 0;

/// A peer's address on loopback: its UDP port in host order.
using PeerPort = std::uint16_t;

struct PortInfo {
  PortId id = 0;
  PeerPort peer = 0;
  Time last_seen;
  std::uint64_t frames_in = 0;
  std::uint64_t frames_out = 0;
  std::vector<net::MacAddress> macs; ///< learned behind this port, newest last
};

/// Which peers there are and which MAC is behind which. Bounded: the peer that was silent longest
/// makes room for a new one, and a peer keeps only its newest few MACs, so that a guest that
/// invents addresses harms nobody but itself.
class PortTable {
public:
  static constexpr std::size_t kMacsPerPort = 8;

  explicit PortTable(std::size_t max_ports) : max_ports_(max_ports) {}

  /// The port of a peer that just sent a frame; made if it is new.
  PortInfo &seen(PeerPort peer, Time now);
  void learn(PortInfo &port, const net::MacAddress &mac);
  /// Nothing when the MAC was never seen: flood.
  [[nodiscard]] PortInfo *find(const net::MacAddress &mac);
  /// The peer is gone; what was behind it is forgotten.
  void remove(PeerPort peer);

  [[nodiscard]] std::unordered_map<PeerPort, PortInfo> &ports() { return ports_; }
  [[nodiscard]] const std::unordered_map<PeerPort, PortInfo> &ports() const { return ports_; }

private:
  [[nodiscard]] static std::uint64_t key_of(const net::MacAddress &mac);
  void remove_most_silent();

  std::size_t max_ports_;
  PortId last_id_ = kGatewayPort;
  std::unordered_map<PeerPort, PortInfo> ports_;
  std::unordered_map<std::uint64_t, PeerPort> by_mac_;
};

} // namespace tinyml::tender
