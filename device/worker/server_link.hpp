// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/decimal.hpp"
#include "device/activity.hpp"
#include "protocol/coap/block.hpp"
#include "protocol/coap/random.hpp"

#include <algorithm>

namespace tinyml::device {

/// One request at a time to the parameter server, and growing pauses while it does not answer.
template <typename Coap> class ServerLink {
public:
  ServerLink(Coap &coap, std::uint64_t seed) : coap_(coap), random_(seed) {}

  void connect(coap::PeerId server) {
    server_ = server;
    forget();
    failures_ = 0;
  }
  /// Answers to what was asked so far are not wanted any more.
  void forget() {
    in_flight_ = false;
    generation_ = static_cast<std::uint16_t>(generation_ + 1);
  }
  [[nodiscard]] bool in_flight() const { return in_flight_; }
  [[nodiscard]] coap::PeerId server() const { return server_; }
  [[nodiscard]] unsigned failures() const { return failures_; }

  /// A request to "train/<resource>"; not usable when the endpoint has no room.
  [[nodiscard]] coap::Draft request(coap::Code method, std::string_view resource) {
    coap::Draft draft = coap_.request(server_, method);
    draft.message.path("train");
    draft.message.path(resource);
    return draft;
  }
  /// "key=number" as query.
  static void add_query(coap::Draft &draft, std::string_view key, std::uint32_t number) {
    std::uint8_t text[16];
    ByteWriter out{ByteSpan(text)};
    out.put(key);
    out.put("=");
    put_decimal(out, number);
    draft.message.query(as_text(out.written()));
  }
  bool send(coap::Draft &draft, coap::Millis now_ms) {
    in_flight_ = coap_.send(draft, now_ms, kActivityTag | generation_);
    return in_flight_;
  }

  enum class Answer : std::uint8_t {
    kNotOurs,
    kOld,     ///< of a request that was forgotten
    kNone,    ///< none came: `pause_ms()` says how long to wait before the next try
    kMessage, ///< event.message
  };
  [[nodiscard]] Answer take(const coap::Event &event) {
    if (event.exchange != coap::ExchangeKind::kRequest || !is_activity_tag(event.tag)) {
      return Answer::kNotOurs;
    }
    if (!in_flight_ || event.tag != (kActivityTag | generation_)) {
      return Answer::kOld;
    }
    in_flight_ = false;
    if (event.kind != coap::EventKind::kResponse) {
      return Answer::kNone;
    }
    return Answer::kMessage;
  }

  /// A request was of no use: how long to wait. Half a second at first, twice that each time, ten
  /// seconds at most; some of it drawn, so that a hundred workers do not come back at once.
  [[nodiscard]] coap::Millis failed() {
    constexpr coap::Millis kFirstMs = 500;
    constexpr coap::Millis kLongestMs = 10'000;
    constexpr unsigned kDoublings = 5;
    const coap::Millis pause = std::min(kFirstMs << std::min(failures_, kDoublings), kLongestMs);
    ++failures_;
    return pause / 2 + (random_.next() & 0xFFFF) * pause / 2 / 0x10000;
  }
  void succeeded() { failures_ = 0; }

private:
  Coap &coap_;
  coap::SeededRandom random_;
  coap::PeerId server_;
  unsigned failures_ = 0;
  std::uint16_t generation_ = 0;
  bool in_flight_ = false;
};

} // namespace tinyml::device
