// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/net/arp_cache.hpp"
#include "os/net/ethernet_stack.hpp"
#include "os/net/slip.hpp"

#include <array>
#include <functional>
#include <string_view>
#include <vector>

namespace tinyml::tender {

/// What a bridge brings up. Every view is gone when the call returns.
struct BridgeSinks {
  std::function<void(std::string_view text)> console;
  std::function<void(ByteView bytes)> line;     ///< towards the device
  std::function<void(ByteView frame)> network;  ///< an Ethernet frame for the switch
  std::function<void(std::uint8_t code)> ended; ///< the device's program has ended
};

/// Between a device on a serial line (docs/serial-line.md) and an Ethernet: has the device's
/// address by DHCP, tells it to the device, answers ARP for it, and puts its IPv4 packets into
/// frames and takes them out. A device that never asks has the address that its packets come from.
/// Sans-I/O. A neighbour's link address is learned from what comes from it; packets to others go to
/// everybody.
class SlipBridge {
public:
  SlipBridge(const net::MacAddress &mac, std::uint32_t random_seed, BridgeSinks sinks);
  SlipBridge(const SlipBridge &) = delete;
  SlipBridge &operator=(const SlipBridge &) = delete;

  void from_line(ByteView bytes, std::uint64_t now_ns);
  void from_network(ByteView frame, std::uint64_t now_ns);
  /// Runs DHCP's timers; call it at next_deadline_ns().
  void poll(std::uint64_t now_ns);
  [[nodiscard]] std::uint64_t next_deadline_ns() const { return stack_.next_deadline_ns(); }
  /// By DHCP.
  [[nodiscard]] net::Ipv4Address address() const { return stack_.address(); }

private:
  static constexpr std::size_t kPacketBytes = 2048;

  void take_packet(ByteSpan packet, std::uint64_t now_ns);
  void tell_address();
  void to_line(ByteView packet);
  void to_network(ByteView packet, std::uint64_t now_ns);
  [[nodiscard]] bool is_for_device(ByteView packet) const;
  [[nodiscard]] bool answer_arp(ByteView frame);

  net::MacAddress mac_;
  BridgeSinks sinks_;
  std::array<std::uint8_t, kPacketBytes> packet_{};
  std::array<std::uint8_t, kPacketBytes> frame_{};
  net::SlipReceiver receiver_{packet_};
  net::EthernetStack stack_; ///< for DHCP and ARP alone
  net::Ipv4Address device_;  ///< none until it has asked or spoken
  bool was_told_ = false;    ///< its address is ours
  net::ArpCache neighbours_;
};

} // namespace tinyml::tender
