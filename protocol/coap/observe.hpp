// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/event.hpp"

namespace tinyml::coap {

/// Is a notification newer than the last one? RFC 7641 section 3.4, with 24-bit sequence numbers;
/// after 128 seconds every one is.
[[nodiscard]] constexpr bool is_fresher(std::uint32_t last_sequence, Millis last_ms,
                                        std::uint32_t sequence, Millis now_ms) {
  constexpr std::uint32_t kHalf = 1U << 23U;
  constexpr Millis kReorderingMs = 128'000;
  return (last_sequence < sequence && sequence - last_sequence < kHalf) ||
         (last_sequence > sequence && last_sequence - sequence > kHalf) ||
         now_ms > last_ms + kReorderingMs;
}

/// One client that observes one of our resources.
struct Observation {
  PeerId peer;
  Token token;
  std::uint32_t resource = 0; ///< the owner's name for what is observed
  ContentFormat format{};     ///< what the client accepts
  bool active = false;
  std::uint8_t since_confirmed = 0; ///< notifications sent since the last confirmable one
  std::uint16_t message_id = 0;     ///< of the last notification, to recognise a Reset to it
  Millis confirmed_ms = 0;
  Millis notified_ms = 0;
};

/// The observers of our resources: a fixed number, oldest entries are never pushed out.
/// The sequence number is common to all (RFC 7641 section 4.4 asks only that it grows).
template <std::size_t Capacity> class ObserverTable {
public:
  /// Adds the sender of a GET with Observe: 0, or renews it when peer and token are known already
  /// (RFC 7641 section 4.1). Null when the table is full: answer without the option then.
  Observation *add(const RequestId &request, std::uint32_t resource, ContentFormat format,
                   Millis now_ms) {
    Observation *place = find(request.peer, request.token);
    for (Observation &entry : entries_) {
      place = place == nullptr && !entry.active ? &entry : place;
    }
    if (place != nullptr) {
      *place = {request.peer, request.token, resource, format, true, 0, 0, now_ms, now_ms};
    }
    return place;
  }

  [[nodiscard]] Observation *find(PeerId peer, const Token &token) {
    for (Observation &entry : entries_) {
      if (entry.active && entry.peer == peer && entry.token == token) {
        return &entry;
      }
    }
    return nullptr;
  }

  /// Ends the observation (GET with Observe: 1). False when there was none.
  bool remove(PeerId peer, const Token &token) {
    Observation *entry = find(peer, token);
    if (entry != nullptr) {
      entry->active = false;
    }
    return entry != nullptr;
  }

  /// Ends every observation of a peer that is gone.
  void remove_all(PeerId peer) {
    for (Observation &entry : entries_) {
      entry.active = entry.active && !(entry.peer == peer);
    }
  }

  /// Ends the observation that a kTimeout or kRejected event is about (RFC 7641 section 4.5).
  /// False when the event is about something else.
  bool handle(const Event &event) {
    const bool known = event.exchange == ExchangeKind::kNotification;
    const bool stray = event.kind == EventKind::kRejected && event.exchange == ExchangeKind::kFree;
    for (Observation &entry : entries_) {
      if (entry.active && entry.peer == event.peer &&
          ((known && entry.token == event.token) ||
           (stray && entry.message_id == event.message_id))) {
        entry.active = false;
        return true;
      }
    }
    return false;
  }

  /// The type of the next notification: every `kConfirmEvery`th one, and one a day, is confirmable,
  /// so that a client that vanished is noticed (RFC 7641 section 4.5).
  [[nodiscard]] static Type next_type(const Observation &entry, Millis now_ms) {
    const bool due =
        entry.since_confirmed + 1U >= kConfirmEvery || now_ms - entry.confirmed_ms >= kConfirmMs;
    return due ? Type::kConfirmable : Type::kNonConfirmable;
  }

  /// Notes what was sent; call it with the notification's draft before Endpoint::send.
  static void note_sent(Observation &entry, const MessageBuilder &message, Millis now_ms) {
    const ByteView bytes = message.bytes();
    const bool confirmable = static_cast<Type>((bytes[0] >> 4U) & 3U) == Type::kConfirmable;
    entry.message_id = load_be<std::uint16_t>(bytes.data() + 2);
    entry.notified_ms = now_ms;
    entry.since_confirmed = confirmable ? 0 : static_cast<std::uint8_t>(entry.since_confirmed + 1);
    entry.confirmed_ms = confirmable ? now_ms : entry.confirmed_ms;
  }

  /// The next value for the Observe option of a response or notification.
  [[nodiscard]] std::uint32_t next_sequence() { return ++sequence_ & 0xFFFFFFU; }

  [[nodiscard]] std::span<Observation> entries() { return entries_; }

private:
  static constexpr unsigned kConfirmEvery = 16;
  static constexpr Millis kConfirmMs = 24ULL * 3600 * 1000;

  Observation entries_[Capacity]{};
  std::uint32_t sequence_ = 1;
};

} // namespace tinyml::coap
