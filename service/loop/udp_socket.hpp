// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "service/loop/loop.hpp"

#include <array>
#include <string>

namespace tinyml::service {

/// An IPv4 address and port.
struct SocketAddress {
  std::array<std::uint8_t, 4> ipv4{};
  std::uint16_t port = 0;

  [[nodiscard]] std::string text() const; ///< "a.b.c.d:port"
  [[nodiscard]] bool loopback() const { return ipv4[0] == 127; }
  /// Reads "a.b.c.d"; "localhost" is 127.0.0.1.
  [[nodiscard]] static Expected<SocketAddress> parse(const std::string &host, std::uint16_t port);
};

/// The error for an address that cannot be bound; it names address, port and the option to change.
[[nodiscard]] Failure<HostError> bind_error(const SocketAddress &address, const std::string &option,
                                            const std::string &reason, bool in_use);

/// A bound UDP socket that hands every datagram to one function.
class UdpSocket {
public:
  using Receive = std::function<void(const SocketAddress &from, ByteView datagram)>;

  /// `option` names the command-line option that chose the port.
  [[nodiscard]] static Expected<UdpSocket> bind(Loop &loop, const SocketAddress &address,
                                                const std::string &option, Receive receive);
  UdpSocket(UdpSocket &&) noexcept;
  UdpSocket &operator=(UdpSocket &&) noexcept;
  ~UdpSocket();

  /// Sends now; a datagram that the system has no room for is lost, as on any network.
  void send(const SocketAddress &to, ByteView datagram);
  [[nodiscard]] SocketAddress local() const;

private:
  struct State;
  explicit UdpSocket(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

} // namespace tinyml::service
