// SPDX-License-Identifier: Apache-2.0
// Host only: what a test asks of a board whose own network stack runs.
#pragma once

#include "tender/switch/station.hpp"

#include <memory>
#include <string>

namespace tinyml::conformance {

/// Datagrams to and from one port of the board.
class Conversation {
public:
  using Bytes = std::vector<std::uint8_t>;

  virtual ~Conversation() = default;
  virtual bool send(ByteView payload) = 0;
  virtual std::optional<Bytes> receive(std::chrono::milliseconds limit) = 0;
};

/// With a board on the switch, through a station of ours.
[[nodiscard]] std::unique_ptr<Conversation> converse(tender::Station &station, net::Endpoint board);
/// With a hosted board, through a socket.
[[nodiscard]] std::unique_ptr<Conversation> converse(std::uint16_t host_port);

/// Sends datagrams of every size up to `largest` and expects each back as it was. Returns the first
/// size that failed; nothing when none did.
[[nodiscard]] std::optional<std::size_t>
first_failing_echo(Conversation &board, std::size_t largest, std::size_t stride = 1);
/// Sends `count` datagrams at once; returns how many came back, in order.
[[nodiscard]] std::size_t echoed_of_burst(Conversation &board, std::size_t count);

/// Asks with retransmissions, as RFC 7252 wants it where datagrams are lost or doubled: the whole
/// body of a GET, block by block. Nothing when the board does not answer.
[[nodiscard]] std::optional<std::string> coap_get(Conversation &board, std::string_view path);
[[nodiscard]] bool coap_post(Conversation &board, std::string_view path);

} // namespace tinyml::conformance
