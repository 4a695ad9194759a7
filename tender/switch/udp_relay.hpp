// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tender/switch/file_descriptor.hpp"
#include "tender/switch/gateway.hpp"

#include <chrono>
#include <memory>
#include <unordered_map>
#include <vector>

namespace tinyml::tender {

struct RelayLimits {
  std::size_t max_flows = 1024; ///< the least recently used flow makes room for a new one
  /// A server keeps a device's address as long as its registration lives, hence hours and not the
  /// minutes of a router.
  std::chrono::seconds idle_limit = std::chrono::hours(24);
};

/// Guests' UDP to ports of this host's loopback: one connected socket per flow (guest address and
/// port, host port), so that a server on the host sees each guest as a peer of its own.
class UdpRelay {
public:
  /// Flow sockets are added to `epoll_fd` with the descriptor as their event data.
  UdpRelay(int epoll_fd, RelayLimits limits) : epoll_fd_(epoll_fd), limits_(limits) {}

  /// Sends to 127.0.0.1:host_port. False when no socket could be had or the host did not take it.
  bool send(const RelayedDatagram &datagram, Time now);

  /// Takes one waiting answer of the flow behind `fd` into `buffer`; nothing when none waits or
  /// the descriptor is not ours.
  [[nodiscard]] std::optional<RelayedDatagram> receive(int fd, ByteSpan buffer, Time now);

  void close_idle(Time now);
  [[nodiscard]] std::size_t flows() const { return flows_.size(); }

private:
  struct Flow {
    FileDescriptor socket;
    net::MacAddress guest_mac{};
    net::Endpoint guest;
    std::uint16_t host_port = 0;
    Time used;
  };
  using Key = std::uint64_t;

  [[nodiscard]] static Key key_of(const net::Endpoint &guest, std::uint16_t host_port);
  [[nodiscard]] Flow *open(const RelayedDatagram &datagram);
  [[nodiscard]] FileDescriptor connect(std::uint16_t host_port);
  bool close_least_used();
  void forget(const Flow &flow);

  int epoll_fd_;
  RelayLimits limits_;
  std::unordered_map<int, Flow> flows_; ///< by descriptor
  std::unordered_map<Key, int> by_key_;
};

} // namespace tinyml::tender
