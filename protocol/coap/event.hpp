// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/exchange.hpp"
#include "protocol/coap/message.hpp"

namespace tinyml::coap {

/// What is needed to answer a request later; a plain value, to be kept by the owner.
struct RequestId {
  PeerId peer;
  Token token;
  std::uint16_t message_id = 0;
  bool confirmable = false;
};

enum class EventKind : std::uint8_t {
  kNone,
  /// Send `datagram` to `peer` now (it is valid until the next call).
  kSend,
  /// A request for us: `message`, `request`. Answer with reply(), or defer() and separate_reply().
  kRequest,
  /// The response to our request: `message`, `token`, `tag`. With `observing` set the observation
  /// stands and kNotification events follow.
  kResponse,
  /// A fresh notification of an observation of ours: `message`, `token`, `tag`.
  kNotification,
  /// Our request, notification or separate response (`exchange`) was never answered.
  kTimeout,
  /// The peer answered ours with a Reset: `exchange` (kFree: nothing we still know, e.g. a
  /// non-confirmable notification), `token`, `tag`, `message_id`.
  kRejected,
  /// The peer answered our ping.
  kPong,
};

/// One thing for the owner to do. Views point into the datagram that was received, or into the
/// endpoint until its next call.
struct Event {
  EventKind kind = EventKind::kNone;
  ExchangeKind exchange = ExchangeKind::kFree;
  bool observing = false;
  /// This request was handed out before, but its answer was too large to be remembered
  /// (ReplyState::kTooLarge); only requests with large answers can come twice.
  bool repeated = false;
  std::uint16_t message_id = 0;
  PeerId peer;
  Token token;
  Tag tag = 0;
  ByteView datagram;
  MessageView message;
  RequestId request;

  explicit operator bool() const { return kind != EventKind::kNone; }
};

} // namespace tinyml::coap
