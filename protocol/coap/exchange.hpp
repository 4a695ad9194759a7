// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/peer.hpp"
#include "protocol/coap/token.hpp"

#include <limits>

namespace tinyml::coap {

/// Milliseconds of the owner's monotonic clock.
using Millis = std::uint64_t;
inline constexpr Millis kNever = std::numeric_limits<Millis>::max();

/// The owner's own mark on an exchange, handed back with every event about it.
using Tag = std::uintptr_t;

enum class ExchangeKind : std::uint8_t {
  kFree,
  kRequest,          ///< a request of ours, and the observation it may start
  kNotification,     ///< a confirmable notification to an observer
  kSeparateResponse, ///< a confirmable response sent after an empty acknowledgement
  kPing,             ///< an empty confirmable message
};

enum class ExchangeState : std::uint8_t {
  kUnacknowledged,   ///< confirmable, being retransmitted
  kAwaitingResponse, ///< acknowledged or non-confirmable: only the response is missing
  kObserving,        ///< answered; its token stays ours for notifications
};

/// One message of ours that something is still expected for. A storage keeps the message's bytes
/// beside it.
struct Exchange {
  PeerId peer;
  Token token;
  Millis deadline_ms = kNever;
  Tag tag = 0;
  std::uint32_t timeout_ms = 0; ///< current retransmission timeout; 0: never sent yet
  std::uint32_t notification_sequence = 0;
  Millis notified_ms = 0; ///< when notification_sequence arrived
  std::uint16_t message_id = 0;
  std::uint16_t size_bytes = 0;
  ExchangeKind kind = ExchangeKind::kFree;
  ExchangeState state = ExchangeState::kUnacknowledged;
  std::uint8_t retransmissions = 0;
  bool observe = false; ///< its response starts, or has started, an observation
  bool echoed = false;  ///< already repeated with the peer's Echo value
};

/// What we remember of a message that we received, to recognise its duplicates.
enum class ReplyState : std::uint8_t {
  kKept,     ///< a duplicate gets the same bytes; as long as there are none it gets nothing
  kTooLarge, ///< answered with more than the cache holds: a duplicate is handed out again
};

} // namespace tinyml::coap
