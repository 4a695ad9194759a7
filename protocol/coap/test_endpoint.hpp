// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/fixed_storage.hpp"
#include "protocol/coap/hashed_storage.hpp"

#include <gmock/gmock.h>

/// For tests: an endpoint whose peer speaks by hand-made messages.
namespace tinyml::coap::test {

using Bytes = std::vector<std::uint8_t>;

inline constexpr PeerId kPeer{7};
inline constexpr PeerId kOther{8};

inline Bytes copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

/// A message built by hand, as a peer would send it.
struct Incoming {
  Incoming(Type type, Code code, std::uint16_t id, const Token &token = Token(as_bytes("tk")))
      : message(buffer, type, code, id, token) {}
  std::uint8_t buffer[1400];
  MessageBuilder message;
};

/// The next datagram the endpoint wants to send; empty when there is none.
template <typename Coap> Bytes sent(Coap &coap, Millis now_ms) {
  const Event event = coap.poll(now_ms);
  return event.kind == EventKind::kSend ? copy(event.datagram) : Bytes();
}

inline MessageView view(const Bytes &bytes) {
  const auto parsed = MessageView::parse(bytes);
  EXPECT_TRUE(parsed.ok());
  return parsed.ok() ? *parsed : MessageView();
}

template <typename Storage> class EndpointTest : public testing::Test {
protected:
  /// Sends a GET of ours and returns its datagram.
  Bytes start_get(Millis now_ms, bool observe = false, Tag tag = 0) {
    Draft draft = coap.request(kPeer, Code::kGet);
    EXPECT_TRUE(draft);
    if (observe) {
      draft.message.option_uint(OptionNumber::kObserve, 0);
    }
    draft.message.path("x");
    EXPECT_TRUE(coap.send(draft, now_ms, tag));
    return sent(coap, now_ms);
  }
  Event respond(const Bytes &request, Type type, std::uint16_t id, Millis now_ms, Code code,
                std::optional<std::uint32_t> observe = std::nullopt) {
    answer_ = std::make_unique<Incoming>(type, code, id, view(request).token());
    if (observe) {
      answer_->message.option_uint(OptionNumber::kObserve, *observe);
    }
    answer_->message.payload("body");
    return coap.receive(kPeer, answer_->message.bytes(), now_ms);
  }

  Endpoint<Storage> coap{Parameters{}, 1};
  std::unique_ptr<Incoming> answer_; ///< kept: events look into it
};

using Storages = testing::Types<FixedStorage<>, HashedStorage<>>;

} // namespace tinyml::coap::test
