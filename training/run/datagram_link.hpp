// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "os/net/address.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace tinyml::coordinator {

/// How this program's datagrams reach devices: over the switch they are on, or over loopback.
class DatagramLink {
public:
  struct Datagram {
    net::Endpoint from;
    std::vector<std::uint8_t> payload;
  };
  DatagramLink() = default;
  virtual ~DatagramLink() = default;
  DatagramLink(const DatagramLink &) = delete;
  DatagramLink &operator=(const DatagramLink &) = delete;

  /// False when the peer cannot be found; whatever is lost is sent again by CoAP.
  virtual bool send(net::Endpoint to, ByteView payload) = 0;
  /// Where answers come to.
  [[nodiscard]] virtual net::Endpoint local() const = 0;
  /// The next datagram, or nothing after `limit`.
  [[nodiscard]] virtual std::optional<Datagram> receive(std::chrono::milliseconds limit) = 0;
};

/// A UDP socket of this host on loopback, for the devices on this host's own network.
[[nodiscard]] Expected<std::unique_ptr<DatagramLink>> open_loopback_link();

/// A station on the switch whose UDP port that is.
[[nodiscard]] Expected<std::unique_ptr<DatagramLink>> open_switch_link(std::uint16_t switch_port);

} // namespace tinyml::coordinator
