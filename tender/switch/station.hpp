// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "os/net/datagram.hpp"
#include "os/net/ethernet.hpp"
#include "tender/switch/file_descriptor.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <vector>

namespace tinyml::tender {

/// A station on the switch that this program plays itself: it asks others by ARP, ping and UDP, and
/// answers ARP for its own address while it waits for something.
class Station {
public:
  using Bytes = std::vector<std::uint8_t>;
  using Milliseconds = std::chrono::milliseconds;

  struct Identity {
    net::MacAddress mac{0x02, 0x54, 0x4D, 0x4C, 0x00, 0x02};
    /// A static address: below the first one that DHCP gives.
    net::Ipv4Address address = net::Ipv4Address::of(10, 77, 0, 99);
  };
  struct Datagram {
    net::Endpoint from;
    std::uint16_t port = 0; ///< that it was sent to
    Bytes payload;
  };

  /// `switch_port` is the switch's UDP port on this host.
  [[nodiscard]] static Expected<Station> join(std::uint16_t switch_port, Identity identity);

  /// The link address of a neighbour, by ARP; remembered. Asks up to three times.
  [[nodiscard]] std::optional<net::MacAddress> resolve(net::Ipv4Address address,
                                                       Milliseconds limit);
  /// The time of a round trip with that many bytes of data; nothing when no (good) answer came.
  [[nodiscard]] std::optional<std::chrono::nanoseconds>
  ping(net::Ipv4Address address, std::size_t data_bytes, Milliseconds limit);

  /// False when the neighbour cannot be found or the payload does not fit a frame.
  bool send(net::Endpoint to, std::uint16_t from_port, ByteView payload);
  [[nodiscard]] std::optional<Datagram> receive(Milliseconds limit);

  /// Any bytes, as they are.
  bool send_frame(ByteView frame);
  /// The next frame for us that is not a question for our link address; empty when none came.
  [[nodiscard]] Bytes receive_frame(std::chrono::steady_clock::time_point deadline);

  [[nodiscard]] const Identity &identity() const { return identity_; }

private:
  Station(FileDescriptor socket, Identity identity)
      : socket_(std::move(socket)), identity_(identity) {}

  void announce();
  [[nodiscard]] bool answered_arp(Bytes &frame);
  bool send_packet(net::Ipv4Address to, Bytes &frame);

  FileDescriptor socket_;
  Identity identity_;
  std::map<std::uint32_t, net::MacAddress> neighbours_;
  std::uint16_t pings_ = 0;
};

} // namespace tinyml::tender
