// SPDX-License-Identifier: Apache-2.0
// Host only: the service uses it.
#pragma once

#include "protocol/coap/exchange.hpp"
#include "protocol/coap/random.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <set>
#include <unordered_map>
#include <vector>

namespace tinyml::coap {

/// Bounds of a service for about 100,000 devices.
struct ServiceLimits {
  static constexpr std::size_t kExchanges = 1U << 18U;
  static constexpr std::size_t kReplies = 1U << 20U;
  static constexpr std::size_t kPeers = 1U << 18U;
  static constexpr std::size_t kMessageBytes = 1280; ///< a block of 1024 and generous options
};

/// Storage of an Endpoint with many peers: hash tables, so every look-up is O(1) and a timer costs
/// O(log n). Host only: it uses the heap. The hash is keyed, so that peers cannot choose
/// collisions.
template <typename Limits = ServiceLimits> class HashedStorage {
public:
  static constexpr std::size_t kMessageBytes = Limits::kMessageBytes;
  static constexpr std::size_t kTokenBytes = 8;

  struct Reply {
    Millis expires_ms = 0;
    std::uint16_t mark = 0; ///< of the message that it answers: code and token
    ReplyState state = ReplyState::kKept;
    std::vector<std::uint8_t> bytes;
  };

  explicit HashedStorage(std::uint64_t seed)
      : random_(seed), key_(random_.next()),
        message_id_(static_cast<std::uint16_t>(random_.next())), by_token_(0, Hash{key_}),
        by_message_id_(0, Hash{key_}), peers_(0, Hash{key_}), replies_(0, Hash{key_}) {}
  // Exchanges are handed out by address.
  HashedStorage(const HashedStorage &) = delete;
  HashedStorage &operator=(const HashedStorage &) = delete;

  [[nodiscard]] std::uint64_t random() { return random_.next(); }

  /// Counts for each peer that we sent requests to, so that ids repeat as late as possible.
  [[nodiscard]] std::uint16_t next_message_id(PeerId peer) {
    const auto known = peers_.find({peer.value, 0});
    return known == peers_.end() ? ++message_id_ : ++known->second.message_id;
  }

  [[nodiscard]] Exchange *spare() {
    if (free_.empty()) {
      if (slots_.size() == Limits::kExchanges) {
        return nullptr;
      }
      free_.push_back(&slots_.emplace_back());
    }
    return free_.back();
  }
  [[nodiscard]] ByteSpan draft_buffer(Exchange & /*exchange*/) { return draft_; }
  [[nodiscard]] ByteSpan reopen(Exchange &exchange) {
    const ByteView message = bytes(exchange);
    std::copy_n(message.data(), message.size(), draft_.data());
    return draft_;
  }
  [[nodiscard]] ByteView bytes(const Exchange &exchange) const { return slot_of(exchange).message; }

  /// Takes over the drafted message and makes the exchange findable.
  void commit(Exchange &exchange) {
    Slot &slot = slot_of(exchange);
    if (slot.free) { // the last one, unless others were released since the draft was begun
      slot.free = false;
      free_.erase(std::find(free_.rbegin(), free_.rend(), &slot).base() - 1);
    }
    slot.message.assign(draft_.begin(), draft_.begin() + exchange.size_bytes);
    by_message_id_[message_key(exchange.peer, exchange.message_id)] = &slot;
    if (is_found_by_token(exchange.kind)) {
      by_token_[token_key(exchange.kind, exchange.peer, exchange.token)] = &slot;
    }
    deadlines_.insert({exchange.deadline_ms, &slot});
    count(slot, exchange.kind == ExchangeKind::kRequest);
  }
  void withdraw(Exchange &exchange) {
    Slot &slot = slot_of(exchange);
    count(slot, false);
    deadlines_.erase({exchange.deadline_ms, &slot});
    erase_own(by_message_id_, message_key(exchange.peer, exchange.message_id), slot);
    if (is_found_by_token(exchange.kind)) {
      erase_own(by_token_, token_key(exchange.kind, exchange.peer, exchange.token), slot);
    }
  }
  /// The bytes stay readable until the next commit.
  void release(Exchange &exchange) {
    withdraw(exchange);
    exchange.kind = ExchangeKind::kFree;
    slot_of(exchange).free = true;
    free_.push_back(&slot_of(exchange));
  }
  void update(Exchange &exchange, ExchangeState state, Millis deadline_ms) {
    Slot &slot = slot_of(exchange);
    deadlines_.erase({exchange.deadline_ms, &slot});
    exchange.state = state;
    exchange.deadline_ms = deadline_ms;
    if (state == ExchangeState::kObserving) {
      count(slot, false);
      erase_own(by_message_id_, message_key(exchange.peer, exchange.message_id), slot);
    } else {
      deadlines_.insert({deadline_ms, &slot});
    }
  }

  [[nodiscard]] Exchange *by_token(ExchangeKind kind, PeerId peer, const Token &token) {
    const auto found = by_token_.find(token_key(kind, peer, token));
    const bool same = found != by_token_.end() && found->second->token == token;
    return same ? found->second : nullptr;
  }
  [[nodiscard]] Exchange *by_message_id(PeerId peer, std::uint16_t message_id) {
    const auto found = by_message_id_.find(message_key(peer, message_id));
    return found == by_message_id_.end() ? nullptr : found->second;
  }
  [[nodiscard]] Exchange *earliest() const {
    return deadlines_.empty() ? nullptr : deadlines_.begin()->second;
  }
  [[nodiscard]] unsigned in_flight(PeerId peer) const {
    const auto known = peers_.find({peer.value, 0});
    return known == peers_.end() ? 0 : known->second.in_flight;
  }

  [[nodiscard]] Reply *find_reply(PeerId peer, std::uint16_t message_id, Millis now_ms) {
    const auto found = replies_.find(message_key(peer, message_id));
    const bool valid = found != replies_.end() && found->second.expires_ms > now_ms;
    return valid ? &found->second : nullptr;
  }
  void add_reply(PeerId peer, std::uint16_t message_id, std::uint16_t mark, Millis expires_ms,
                 Millis now_ms) {
    while (!reply_order_.empty() &&
           (reply_order_.front().expires_ms <= now_ms || reply_order_.size() >= Limits::kReplies)) {
      const auto oldest = replies_.find(reply_order_.front().key);
      if (oldest != replies_.end() &&
          oldest->second.expires_ms == reply_order_.front().expires_ms) {
        replies_.erase(oldest);
      }
      reply_order_.pop_front();
    }
    const Key key = message_key(peer, message_id);
    replies_[key] = {expires_ms, mark, ReplyState::kKept, {}};
    reply_order_.push_back({key, expires_ms});
  }
  void keep_reply(PeerId peer, std::uint16_t message_id, ByteView bytes) {
    if (Reply *reply = find_reply(peer, message_id, 0)) {
      reply->bytes.assign(bytes.begin(), bytes.end());
    }
  }
  [[nodiscard]] ByteView reply_bytes(const Reply &reply) const { return reply.bytes; }

  [[nodiscard]] std::size_t remembered_replies() const { return replies_.size(); }
  [[nodiscard]] std::size_t open_exchanges() const { return slots_.size() - free_.size(); }

private:
  struct Slot : Exchange {
    std::vector<std::uint8_t> message;
    bool counted = false; ///< in its peer's in_flight
    bool free = true;     ///< in free_
  };
  struct Peer {
    std::uint32_t in_flight = 0;
    std::uint16_t message_id = 0;
  };
  struct Key {
    std::uint64_t peer = 0;
    std::uint64_t detail = 0;
    friend bool operator==(const Key &, const Key &) = default;
  };
  struct Hash {
    std::uint64_t key;
    std::size_t operator()(const Key &of) const {
      return SeededRandom(SeededRandom(of.peer ^ key).next() ^ of.detail).next();
    }
  };
  struct Expiry {
    Key key;
    Millis expires_ms;
  };
  using Index = std::unordered_map<Key, Slot *, Hash>;

  static Key message_key(PeerId peer, std::uint16_t message_id) { return {peer.value, message_id}; }
  static Key token_key(ExchangeKind kind, PeerId peer, const Token &token) {
    return {peer.value ^ (std::uint64_t{static_cast<std::uint8_t>(kind)} << 56U), token.to_uint()};
  }
  /// Peers choose the tokens of their own requests, so separate responses may share one.
  static bool is_found_by_token(ExchangeKind kind) {
    return kind == ExchangeKind::kRequest || kind == ExchangeKind::kNotification;
  }
  static Slot &slot_of(Exchange &exchange) { return static_cast<Slot &>(exchange); }
  static const Slot &slot_of(const Exchange &exchange) {
    return static_cast<const Slot &>(exchange);
  }
  static void erase_own(Index &index, const Key &key, const Slot &slot) {
    const auto found = index.find(key);
    if (found != index.end() && found->second == &slot) {
      index.erase(found);
    }
  }
  void count(Slot &slot, bool counted) {
    if (slot.counted == counted) {
      return;
    }
    slot.counted = counted;
    const auto peer = peers_.try_emplace({slot.peer.value, 0}, Peer{0, slot.message_id}).first;
    peer->second.in_flight += counted ? 1U : -1U;
    if (peer->second.in_flight == 0 && peers_.size() > Limits::kPeers) {
      peers_.erase(peer);
    }
  }

  SeededRandom random_;
  std::uint64_t key_;
  std::uint16_t message_id_;
  std::deque<Slot> slots_;
  std::vector<Slot *> free_;
  Index by_token_;
  Index by_message_id_;
  std::set<std::pair<Millis, Slot *>> deadlines_;
  std::unordered_map<Key, Peer, Hash> peers_;
  std::unordered_map<Key, Reply, Hash> replies_;
  std::deque<Expiry> reply_order_;
  std::array<std::uint8_t, Limits::kMessageBytes> draft_{};
};

} // namespace tinyml::coap
