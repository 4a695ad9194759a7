// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/exchange.hpp"
#include "protocol/coap/random.hpp"

#include <algorithm>
#include <utility>

namespace tinyml::coap {

/// How much a device keeps; derive and override to change. Sized for one server as peer.
struct DeviceLimits {
  static constexpr std::size_t kExchanges = 3;       ///< open requests and notifications
  static constexpr std::size_t kExchangeBytes = 512; ///< largest request or notification of ours
  static constexpr std::size_t kReplies = 8;         ///< received message ids remembered
  static constexpr std::size_t kReplyBytes = 96;     ///< largest answer remembered word for word
  static constexpr std::size_t kMessageBytes = 1152; ///< largest answer: a block of 1024 and header
};

/// Storage of an Endpoint in a few small arrays, searched linearly. See Endpoint for its use.
template <typename Limits = DeviceLimits> class FixedStorage {
public:
  static constexpr std::size_t kMessageBytes = Limits::kMessageBytes;
  static constexpr std::size_t kTokenBytes = 4;

  struct Reply {
    PeerId peer;
    Millis expires_ms = 0; ///< 0: free
    std::uint16_t message_id = 0;
    std::uint16_t mark = 0; ///< of the message that it answers: code and token
    std::uint16_t size_bytes = 0;
    ReplyState state = ReplyState::kKept;
    std::uint8_t bytes[Limits::kReplyBytes];
  };

  explicit FixedStorage(std::uint64_t seed)
      : random_(seed), message_id_(static_cast<std::uint16_t>(random_.next())) {}

  [[nodiscard]] std::uint64_t random() { return random_.next(); }
  [[nodiscard]] std::uint16_t next_message_id(PeerId /*peer*/) { return ++message_id_; }

  [[nodiscard]] Exchange *spare() {
    for (Exchange &exchange : exchanges_) {
      if (exchange.kind == ExchangeKind::kFree) {
        return &exchange;
      }
    }
    return nullptr;
  }
  [[nodiscard]] ByteSpan draft_buffer(Exchange &exchange) {
    return messages_[&exchange - exchanges_];
  }
  [[nodiscard]] ByteSpan reopen(Exchange &exchange) { return draft_buffer(exchange); }
  [[nodiscard]] ByteView bytes(const Exchange &exchange) const {
    return ByteView(messages_[&exchange - exchanges_]).first(exchange.size_bytes);
  }
  void commit(Exchange & /*exchange*/) {}
  void withdraw(Exchange & /*exchange*/) {}
  /// The bytes stay readable until the next draft.
  void release(Exchange &exchange) { exchange.kind = ExchangeKind::kFree; }
  void update(Exchange &exchange, ExchangeState state, Millis deadline_ms) {
    exchange.state = state;
    exchange.deadline_ms = deadline_ms;
  }

  [[nodiscard]] Exchange *by_token(ExchangeKind kind, PeerId peer, const Token &token) {
    for (Exchange &exchange : exchanges_) {
      if (exchange.kind == kind && exchange.peer == peer && exchange.token == token) {
        return &exchange;
      }
    }
    return nullptr;
  }
  [[nodiscard]] Exchange *by_message_id(PeerId peer, std::uint16_t message_id) {
    for (Exchange &exchange : exchanges_) {
      if (exchange.kind != ExchangeKind::kFree && exchange.state != ExchangeState::kObserving &&
          exchange.message_id == message_id && exchange.peer == peer) {
        return &exchange;
      }
    }
    return nullptr;
  }
  [[nodiscard]] const Exchange *earliest() const {
    const Exchange *found = nullptr;
    for (const Exchange &exchange : exchanges_) {
      if (exchange.kind != ExchangeKind::kFree &&
          (found == nullptr || exchange.deadline_ms < found->deadline_ms)) {
        found = &exchange;
      }
    }
    return found;
  }
  [[nodiscard]] Exchange *earliest() {
    return const_cast<Exchange *>(std::as_const(*this).earliest());
  }
  [[nodiscard]] unsigned in_flight(PeerId peer) const {
    unsigned count = 0;
    for (const Exchange &exchange : exchanges_) {
      const bool open = exchange.kind == ExchangeKind::kRequest && exchange.peer == peer &&
                        exchange.state != ExchangeState::kObserving;
      count += open ? 1U : 0U;
    }
    return count;
  }

  [[nodiscard]] Reply *find_reply(PeerId peer, std::uint16_t message_id, Millis now_ms) {
    for (Reply &reply : replies_) {
      if (reply.message_id == message_id && reply.peer == peer && reply.expires_ms > now_ms) {
        return &reply;
      }
    }
    return nullptr;
  }
  /// Takes the place of one for the same id, else of the oldest one.
  void add_reply(PeerId peer, std::uint16_t message_id, std::uint16_t mark, Millis expires_ms,
                 Millis /*now_ms*/) {
    Reply *same = find_reply(peer, message_id, 0);
    Reply &reply = same != nullptr ? *same : replies_[next_reply_];
    if (same == nullptr) {
      next_reply_ = (next_reply_ + 1) % Limits::kReplies;
    }
    reply.peer = peer;
    reply.message_id = message_id;
    reply.mark = mark;
    reply.expires_ms = expires_ms;
    reply.state = ReplyState::kKept;
    reply.size_bytes = 0;
  }
  void keep_reply(PeerId peer, std::uint16_t message_id, ByteView bytes) {
    Reply *reply = find_reply(peer, message_id, 0);
    if (reply == nullptr) {
      return;
    }
    const bool fits = bytes.size() <= Limits::kReplyBytes;
    reply->state = fits ? ReplyState::kKept : ReplyState::kTooLarge;
    reply->size_bytes = static_cast<std::uint16_t>(fits ? bytes.size() : 0);
    std::copy_n(bytes.data(), reply->size_bytes, reply->bytes);
  }
  [[nodiscard]] ByteView reply_bytes(const Reply &reply) const {
    return ByteView(reply.bytes).first(reply.size_bytes);
  }

private:
  Exchange exchanges_[Limits::kExchanges];
  Reply replies_[Limits::kReplies];
  std::uint8_t messages_[Limits::kExchanges][Limits::kExchangeBytes];
  std::size_t next_reply_ = 0;
  SeededRandom random_;
  std::uint16_t message_id_;
};

} // namespace tinyml::coap
