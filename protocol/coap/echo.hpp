// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/event.hpp"
#include "protocol/coap/random.hpp"

namespace tinyml::coap {

/// Answers up to this many times the request's size need no proof of address (RFC 9175 section 2.6
/// gives the factor three of RFC 9000).
inline constexpr std::size_t kAmplificationFactor = 3;

/// Which peers have shown that they receive what we send to their address (RFC 9175 section 2.4),
/// so that nobody uses us to flood a third party: before a large answer, ask admit(); when it says
/// no, answer with challenge(). Random values, remembered for a while (method 1 of appendix A).
/// A table of small sets: every look-up is O(1), and in a full set the entry that ends first makes
/// room. A device needs one or two entries, a service some ten thousand.
template <std::size_t Capacity> class EchoGuard {
public:
  static constexpr std::size_t kEchoBytes = 8;

  /// `seed`: random, so that peers cannot choose to fall into one set.
  explicit EchoGuard(std::uint64_t seed = 0) : seed_(seed) {}

  /// Is this peer known to be where it says, or does the request prove it now?
  [[nodiscard]] bool admit(PeerId peer, const MessageView &request, Millis now_ms) {
    Entry *entry = find(peer);
    if (entry == nullptr || now_ms >= entry->expires_ms) {
      return false;
    }
    const auto echo = request.find(OptionNumber::kEcho);
    const bool proves = echo && std::equal(echo->value.begin(), echo->value.end(),
                                           std::begin(entry->value), std::end(entry->value));
    if (!entry->verified && proves) {
      verify(peer, now_ms);
    }
    return entry->verified;
  }

  /// Marks a peer that proved itself in another way, e.g. by answering a request of ours.
  void verify(PeerId peer, Millis now_ms) {
    Entry &entry = claim(peer);
    entry.verified = true;
    entry.expires_ms = now_ms + kVerifiedMs;
  }

  /// The 4.01 with a fresh Echo value. Repeating it for the same peer keeps a value that is still
  /// on its way valid.
  void challenge(MessageBuilder &response, PeerId peer, std::uint64_t random, Millis now_ms) {
    Entry *known = find(peer);
    const bool pending = known != nullptr && !known->verified && now_ms < known->expires_ms;
    Entry &entry = pending ? *known : claim(peer);
    if (!pending) {
      store_le(entry.value, random);
      entry.verified = false;
      entry.expires_ms = now_ms + kPendingMs;
    }
    response.code(Code::kUnauthorized).option(OptionNumber::kEcho, ByteView(entry.value));
  }

private:
  static constexpr std::size_t kWays = Capacity < 8 ? Capacity : 8;
  static constexpr std::size_t kSets = Capacity / kWays;
  static_assert(Capacity % kWays == 0);
  static constexpr Millis kPendingMs = 60'000;
  static constexpr Millis kVerifiedMs = 24ULL * 3600 * 1000;

  struct Entry {
    PeerId peer;
    Millis expires_ms = 0;
    std::uint8_t value[kEchoBytes]{};
    bool verified = false;
  };

  [[nodiscard]] std::span<Entry> set_of(PeerId peer) {
    const std::size_t set =
        kSets == 1 ? 0 : static_cast<std::size_t>(SeededRandom(peer.value ^ seed_).next() % kSets);
    return std::span(entries_).subspan(set * kWays, kWays);
  }
  Entry *find(PeerId peer) {
    for (Entry &entry : set_of(peer)) {
      if (entry.expires_ms != 0 && entry.peer == peer) {
        return &entry;
      }
    }
    return nullptr;
  }
  Entry &claim(PeerId peer) {
    Entry *entry = find(peer);
    if (entry == nullptr) {
      entry = &set_of(peer).front();
      for (Entry &other : set_of(peer)) {
        entry = other.expires_ms < entry->expires_ms ? &other : entry;
      }
      *entry = Entry{};
      entry->peer = peer;
    }
    return *entry;
  }

  std::uint64_t seed_;
  Entry entries_[Capacity]{};
};

} // namespace tinyml::coap
