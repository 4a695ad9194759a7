// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/block.hpp"
#include "protocol/coap/echo.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/fixed_storage.hpp"
#include "protocol/coap/hashed_storage.hpp"

#include <gmock/gmock.h>

namespace tinyml::coap {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using Bytes = std::vector<std::uint8_t>;

constexpr PeerId kPeer{7};
constexpr PeerId kOther{8};

Bytes copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

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

MessageView view(const Bytes &bytes) {
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
TYPED_TEST_SUITE(EndpointTest, Storages);

TYPED_TEST(EndpointTest, answers_a_request_and_its_duplicate_with_the_same_bytes) {
  Incoming get(Type::kConfirmable, Code::kGet, 5);
  const Event event = this->coap.receive(kPeer, get.message.path("x").bytes(), 100);
  ASSERT_EQ(event.kind, EventKind::kRequest);
  EXPECT_TRUE(sent(this->coap, 100).empty());
  Draft draft = this->coap.reply(event.request, Code::kContent);
  draft.message.payload("hello");
  ASSERT_TRUE(this->coap.send(draft, 100));
  const Bytes first = sent(this->coap, 100);
  EXPECT_EQ(view(first).type(), Type::kAcknowledgement);
  EXPECT_EQ(view(first).message_id(), 5);
  EXPECT_FALSE(this->coap.receive(kPeer, get.message.bytes(), 200));
  EXPECT_EQ(sent(this->coap, 200), first);
  EXPECT_EQ(this->coap.receive(kOther, get.message.bytes(), 300).kind, EventKind::kRequest);
  EXPECT_EQ(this->coap.receive(kPeer, get.message.bytes(), 300'000).kind, EventKind::kRequest);
}

TYPED_TEST(EndpointTest, a_duplicate_before_the_answer_is_ignored_and_after_defer_acknowledged) {
  Incoming get(Type::kConfirmable, Code::kGet, 5);
  const Event event = this->coap.receive(kPeer, get.message.bytes(), 0);
  EXPECT_FALSE(this->coap.receive(kPeer, get.message.bytes(), 1));
  EXPECT_TRUE(sent(this->coap, 1).empty());
  this->coap.defer(event.request);
  const Bytes acknowledgement = {0x60, 0, 0, 5};
  EXPECT_EQ(sent(this->coap, 2), acknowledgement);
  EXPECT_FALSE(this->coap.receive(kPeer, get.message.bytes(), 3));
  EXPECT_EQ(sent(this->coap, 3), acknowledgement);
  Draft draft = this->coap.separate_reply(event.request, Code::kContent);
  ASSERT_TRUE(this->coap.send(draft, 1000));
  const Bytes response = sent(this->coap, 1000);
  EXPECT_EQ(view(response).type(), Type::kConfirmable);
  EXPECT_EQ(view(response).token(), event.request.token);
  EXPECT_NE(this->coap.next_deadline(), kNever);
  Incoming ack(Type::kAcknowledgement, Code::kEmpty, view(response).message_id(), Token());
  EXPECT_FALSE(this->coap.receive(kPeer, ack.message.bytes(), 1100));
  EXPECT_EQ(this->coap.next_deadline(), kNever);
}

TYPED_TEST(EndpointTest, a_restarted_peer_may_hit_a_message_id_that_it_used_before) {
  Endpoint<TypeParam> server(Parameters{}, 1);
  for (const char *token : {"ab", "cd"}) {
    std::uint8_t buffer[64];
    MessageBuilder get(buffer, Type::kConfirmable, Code::kGet, 5, Token(as_bytes(token)));
    get.path("x");
    for (int i = 0; i < 2; ++i) { // the second one is a duplicate
      const Event event = server.receive(kPeer, get.bytes(), 100);
      ASSERT_EQ(event.kind, i == 0 ? EventKind::kRequest : EventKind::kNone) << token;
      if (i == 0) {
        Draft draft = server.reply(event.request, Code::kContent);
        ASSERT_TRUE(server.send(draft, 100));
      }
      const auto answer = MessageView::parse(server.poll(100).datagram);
      ASSERT_TRUE(answer);
      EXPECT_EQ(as_text(answer->token().bytes()), token);
    }
  }
}

TYPED_TEST(EndpointTest, retransmits_four_times_with_doubling_timeouts_and_gives_up) {
  const Bytes request = this->start_get(0, false, 42);
  std::vector<Millis> sent_at = {0};
  Event event;
  while (event.kind != EventKind::kTimeout) {
    const Millis now = this->coap.next_deadline();
    ASSERT_NE(now, kNever);
    EXPECT_FALSE(this->coap.poll(now - 1));
    event = this->coap.poll(now);
    if (event.kind == EventKind::kSend) {
      EXPECT_EQ(copy(event.datagram), request);
      sent_at.push_back(now);
    }
  }
  EXPECT_EQ(event.tag, 42U);
  EXPECT_EQ(event.exchange, ExchangeKind::kRequest);
  ASSERT_EQ(sent_at.size(), 5U);
  const Millis first = sent_at[1] - sent_at[0];
  EXPECT_GE(first, 2000U);
  EXPECT_LE(first, 3000U);
  for (std::size_t i = 2; i < sent_at.size(); ++i) {
    EXPECT_EQ(sent_at[i] - sent_at[i - 1], first << (i - 1));
  }
  EXPECT_EQ(this->coap.next_deadline(), kNever);
}

TYPED_TEST(EndpointTest, first_timeouts_are_spread_over_the_random_factor) {
  Millis lowest = kNever;
  Millis highest = 0;
  for (int i = 0; i < 200; ++i) {
    const Bytes request = this->start_get(0);
    lowest = std::min(lowest, this->coap.next_deadline());
    highest = std::max(highest, this->coap.next_deadline());
    this->coap.cancel(kPeer, view(request).token());
  }
  EXPECT_LT(lowest, 2100U);
  EXPECT_GT(highest, 2900U);
}

TYPED_TEST(EndpointTest, takes_a_piggybacked_response_only_from_its_peer_with_its_id_and_token) {
  const Bytes request = this->start_get(0, false, 9);
  const MessageView asked = view(request);
  Incoming wrong_id(Type::kAcknowledgement, Code::kContent,
                    static_cast<std::uint16_t>(asked.message_id() + 1), asked.token());
  EXPECT_FALSE(this->coap.receive(kPeer, wrong_id.message.bytes(), 1));
  Incoming wrong_token(Type::kAcknowledgement, Code::kContent, asked.message_id());
  EXPECT_FALSE(this->coap.receive(kPeer, wrong_token.message.bytes(), 1));
  Incoming right(Type::kAcknowledgement, Code::kContent, asked.message_id(), asked.token());
  EXPECT_FALSE(this->coap.receive(kOther, right.message.bytes(), 1));
  EXPECT_TRUE(sent(this->coap, 1).empty());
  const Event event = this->coap.receive(kPeer, right.message.bytes(), 1);
  EXPECT_EQ(event.kind, EventKind::kResponse);
  EXPECT_EQ(event.tag, 9U);
  EXPECT_FALSE(this->coap.receive(kPeer, right.message.bytes(), 2)); // again: nobody waits for it
  EXPECT_EQ(this->coap.next_deadline(), kNever);
}

TYPED_TEST(EndpointTest, takes_a_separate_response_and_acknowledges_its_duplicate) {
  const Bytes request = this->start_get(0);
  Incoming ack(Type::kAcknowledgement, Code::kEmpty, view(request).message_id(), Token());
  EXPECT_FALSE(this->coap.receive(kPeer, ack.message.bytes(), 10));
  EXPECT_FALSE(this->coap.poll(10'000)); // no retransmission any more
  const Event event = this->respond(request, Type::kConfirmable, 77, 20'000, Code::kContent);
  EXPECT_EQ(event.kind, EventKind::kResponse);
  EXPECT_THAT(sent(this->coap, 20'000), ElementsAre(0x60, 0, 0, 77));
  EXPECT_FALSE(this->respond(request, Type::kConfirmable, 77, 21'000, Code::kContent));
  EXPECT_THAT(sent(this->coap, 21'000), ElementsAre(0x60, 0, 0, 77));
}

TYPED_TEST(EndpointTest, an_acknowledged_request_times_out_when_the_response_never_comes) {
  const Bytes request = this->start_get(0);
  Incoming ack(Type::kAcknowledgement, Code::kEmpty, view(request).message_id(), Token());
  EXPECT_FALSE(this->coap.receive(kPeer, ack.message.bytes(), 10));
  EXPECT_EQ(this->coap.poll(10 + Parameters{}.response_timeout_ms).kind, EventKind::kTimeout);
}

TYPED_TEST(EndpointTest, a_reset_ends_the_request) {
  const Bytes request = this->start_get(0, false, 3);
  Incoming reset(Type::kReset, Code::kEmpty, view(request).message_id(), Token());
  const Event event = this->coap.receive(kPeer, reset.message.bytes(), 10);
  EXPECT_EQ(event.kind, EventKind::kRejected);
  EXPECT_EQ(event.exchange, ExchangeKind::kRequest);
  EXPECT_EQ(event.tag, 3U);
  EXPECT_EQ(this->coap.next_deadline(), kNever);
}

TYPED_TEST(EndpointTest, keeps_to_nstart) {
  const Bytes first = this->start_get(0);
  EXPECT_FALSE(this->coap.request(kPeer, Code::kGet));
  EXPECT_TRUE(this->coap.request(kOther, Code::kGet));
  EXPECT_EQ(
      this->respond(first, Type::kAcknowledgement, view(first).message_id(), 1, Code::kContent)
          .kind,
      EventKind::kResponse);
  EXPECT_TRUE(this->coap.request(kPeer, Code::kGet));
}

TYPED_TEST(EndpointTest, an_exchange_that_ends_between_draft_and_send_does_no_harm) {
  const Bytes first = this->start_get(0);
  Draft draft = this->coap.request(kOther, Code::kGet);
  this->coap.cancel(kPeer, view(first).token());
  ASSERT_TRUE(this->coap.send(draft, 0, 1));
  EXPECT_FALSE(sent(this->coap, 0).empty());
  for (const Tag tag : {2U, 3U}) { // must not get the exchange that is in use
    Draft next = this->coap.request(PeerId{100 + tag}, Code::kGet);
    ASSERT_TRUE(this->coap.send(next, 0, tag));
    EXPECT_FALSE(sent(this->coap, 0).empty());
  }
  EXPECT_EQ(this->coap.in_flight(kOther), 1U);
  std::vector<Tag> timed_out;
  while (this->coap.next_deadline() != kNever) {
    const Event event = this->coap.poll(this->coap.next_deadline());
    if (event.kind == EventKind::kTimeout) {
      timed_out.push_back(event.tag);
    }
  }
  EXPECT_THAT(timed_out, testing::UnorderedElementsAre(1U, 2U, 3U));
}

TYPED_TEST(EndpointTest, ping_is_answered_with_reset_and_our_ping_with_pong) {
  Incoming ping(Type::kConfirmable, Code::kEmpty, 0x1234, Token());
  EXPECT_FALSE(this->coap.receive(kPeer, ping.message.bytes(), 0));
  EXPECT_THAT(sent(this->coap, 0), ElementsAre(0x70, 0, 0x12, 0x34));
  ASSERT_TRUE(this->coap.ping(kPeer, 0, 5));
  const Bytes ours = sent(this->coap, 0);
  ASSERT_EQ(ours.size(), 4U);
  Incoming reset(Type::kReset, Code::kEmpty, view(ours).message_id(), Token());
  const Event event = this->coap.receive(kPeer, reset.message.bytes(), 10);
  EXPECT_EQ(event.kind, EventKind::kPong);
  EXPECT_EQ(event.tag, 5U);
}

TYPED_TEST(EndpointTest, rejects_what_it_cannot_process) {
  const struct {
    const char *what;
    Bytes datagram;
    Bytes answer;
  } cases[] = {
      {"malformed confirmable", {0x40, 1, 0, 9, 0xFF}, {0x70, 0, 0, 9}},
      {"malformed non-confirmable", {0x50, 1, 0, 9, 0xFF}, {}},
      {"other version", {0x80, 1, 0, 9}, {}},
      {"reserved class 1", {0x40, 0x20, 0, 9}, {0x70, 0, 0, 9}},
      {"reserved class 7", {0x40, 0xE0, 0, 9}, {0x70, 0, 0, 9}},
      {"confirmable response nobody asked for", {0x41, 0x45, 0, 9, 1}, {0x70, 0, 0, 9}},
      {"notification nobody asked for", {0x51, 0x45, 0, 9, 1}, {0x70, 0, 0, 9}},
      {"request in an acknowledgement", {0x60, 1, 0, 9}, {}},
      {"reset with a code", {0x70, 1, 0, 9}, {}},
      {"critical option 9", {0x40, 1, 0, 15, 0x90}, {0x60, 0x82, 0, 15}},
      {"critical option 9, non-confirmable", {0x50, 1, 0, 10, 0x90}, {}},
      {"two Uri-Ports", {0x40, 1, 0, 11, 0x71, 1, 0x01, 1}, {0x60, 0x82, 0, 11}},
      {"Block2 of 4 bytes", {0x40, 1, 0, 12, 0xD4, 10, 1, 2, 3, 4}, {0x60, 0x82, 0, 12}},
      {"Proxy-Uri", {0x40, 1, 0, 13, 0xD1, 22, 'x'}, {0x60, 0xA5, 0, 13}},
      {"If-Match", {0x40, 3, 0, 14, 0x10}, {0x60, 0x82, 0, 14}},
  };
  for (const auto &bad : cases) {
    EXPECT_FALSE(this->coap.receive(kPeer, bad.datagram, 0)) << bad.what;
    EXPECT_EQ(sent(this->coap, 0), bad.answer) << bad.what;
  }
}

TYPED_TEST(EndpointTest, elective_options_that_are_unknown_or_too_long_are_ignored) {
  // Content-Format of 3 bytes, Observe of 4, option 65000.
  const Bytes request = {0x40, 1, 0, 1, 0x64, 0, 0, 0, 0, 0x63, 1, 2, 3, 0xE0, 0xFC, 0xCD};
  const Event event = this->coap.receive(kPeer, request, 0);
  ASSERT_EQ(event.kind, EventKind::kRequest);
  EXPECT_FALSE(event.message.content_format());
  EXPECT_FALSE(event.message.has(OptionNumber::kObserve));
}

TYPED_TEST(EndpointTest, non_confirmable_requests_get_non_confirmable_answers_once) {
  Incoming get(Type::kNonConfirmable, Code::kGet, 5);
  const Event event = this->coap.receive(kPeer, get.message.bytes(), 0);
  ASSERT_EQ(event.kind, EventKind::kRequest);
  Draft draft = this->coap.reply(event.request, Code::kContent);
  ASSERT_TRUE(this->coap.send(draft, 0));
  EXPECT_EQ(view(sent(this->coap, 0)).type(), Type::kNonConfirmable);
  Draft ours = this->coap.request(kPeer, Code::kGet, Type::kNonConfirmable);
  ASSERT_TRUE(this->coap.send(ours, 0));
  const Bytes request = sent(this->coap, 0);
  EXPECT_FALSE(this->coap.poll(60'000)); // never sent again
  EXPECT_EQ(this->respond(request, Type::kNonConfirmable, 900, 60'000, Code::kContent).kind,
            EventKind::kResponse);
}

TYPED_TEST(EndpointTest, observes_drops_stale_notifications_and_ends_by_cancel) {
  const Bytes request = this->start_get(0, true, 6);
  Event event = this->respond(request, Type::kAcknowledgement, view(request).message_id(), 10,
                              Code::kContent, 100);
  EXPECT_EQ(event.kind, EventKind::kResponse);
  EXPECT_TRUE(event.observing);
  EXPECT_TRUE(this->coap.request(kPeer, Code::kGet)); // an observation does not count as in flight
  event = this->respond(request, Type::kNonConfirmable, 1, 20, Code::kContent, 101);
  EXPECT_EQ(event.kind, EventKind::kNotification);
  EXPECT_EQ(event.tag, 6U);
  EXPECT_FALSE(this->respond(request, Type::kNonConfirmable, 2, 30, Code::kContent, 99));
  event = this->respond(request, Type::kConfirmable, 3, 40, Code::kContent, 102);
  EXPECT_EQ(event.kind, EventKind::kNotification);
  EXPECT_THAT(sent(this->coap, 40), ElementsAre(0x60, 0, 0, 3));
  const Token token = view(request).token();
  Draft cancel = this->coap.observation_request(kPeer, token, Code::kGet);
  ASSERT_TRUE(cancel);
  cancel.message.option_uint(OptionNumber::kObserve, 1);
  ASSERT_TRUE(this->coap.send(cancel, 50, 7));
  const Bytes cancelling = sent(this->coap, 50);
  EXPECT_EQ(view(cancelling).token(), token);
  event = this->respond(cancelling, Type::kAcknowledgement, view(cancelling).message_id(), 60,
                        Code::kContent);
  EXPECT_EQ(event.kind, EventKind::kResponse);
  EXPECT_FALSE(event.observing);
  EXPECT_FALSE(this->respond(request, Type::kNonConfirmable, 4, 70, Code::kContent, 103));
  EXPECT_THAT(sent(this->coap, 70), ElementsAre(0x70, 0, 0, 4)); // tells the server to stop
}

TYPED_TEST(EndpointTest, an_error_notification_ends_the_observation) {
  const Bytes request = this->start_get(0, true);
  (void)this->respond(request, Type::kAcknowledgement, view(request).message_id(), 10,
                      Code::kContent, 100);
  const Event event = this->respond(request, Type::kNonConfirmable, 1, 20, Code::kNotFound);
  EXPECT_EQ(event.kind, EventKind::kNotification);
  EXPECT_FALSE(event.observing);
  EXPECT_FALSE(this->respond(request, Type::kNonConfirmable, 2, 30, Code::kContent, 101));
}

TYPED_TEST(EndpointTest, notifications_replace_older_ones_under_way_and_end_with_a_reset) {
  ObserverTable<2> observers;
  Incoming get(Type::kConfirmable, Code::kGet, 5);
  get.message.option_uint(OptionNumber::kObserve, 0);
  const Event event = this->coap.receive(kPeer, get.message.bytes(), 0);
  Observation *entry = observers.add(event.request, 1, ContentFormat::kText, 0);
  ASSERT_NE(entry, nullptr);
  const auto notify = [&](Type type, const char *text, Millis now_ms) {
    Draft draft = this->coap.notification(entry->peer, entry->token, type);
    draft.message.option_uint(OptionNumber::kObserve, observers.next_sequence()).payload(text);
    observers.note_sent(*entry, draft.message, now_ms);
    EXPECT_TRUE(this->coap.send(draft, now_ms));
    return sent(this->coap, now_ms);
  };
  const Bytes first = notify(Type::kConfirmable, "1", 1000);
  const Bytes second = notify(Type::kNonConfirmable, "2", 1100);
  EXPECT_EQ(view(second).type(), Type::kConfirmable); // it takes over the retransmission
  EXPECT_EQ(view(second).payload_text(), "2");
  EXPECT_EQ(sent(this->coap, 10'000), second);
  Incoming stale(Type::kReset, Code::kEmpty, view(first).message_id(), Token());
  EXPECT_FALSE(observers.handle(this->coap.receive(kPeer, stale.message.bytes(), 10'100)));
  Incoming ack(Type::kAcknowledgement, Code::kEmpty, view(second).message_id(), Token());
  EXPECT_FALSE(this->coap.receive(kPeer, ack.message.bytes(), 10'200));
  const Bytes third = notify(Type::kNonConfirmable, "3", 11'000);
  EXPECT_EQ(view(third).type(), Type::kNonConfirmable);
  Incoming reset(Type::kReset, Code::kEmpty, view(third).message_id(), Token());
  EXPECT_TRUE(observers.handle(this->coap.receive(kPeer, reset.message.bytes(), 11'100)));
  EXPECT_EQ(observers.find(kPeer, entry->token), nullptr);
}

TYPED_TEST(EndpointTest, an_observer_that_never_acknowledges_is_dropped) {
  ObserverTable<1> observers;
  ASSERT_NE(observers.add({kPeer, Token(as_bytes("a")), 1, true}, 1, ContentFormat::kText, 0),
            nullptr);
  EXPECT_EQ(observers.add({kPeer, Token(as_bytes("b")), 2, true}, 1, ContentFormat::kText, 0),
            nullptr); // full
  Draft draft = this->coap.notification(kPeer, Token(as_bytes("a")), Type::kConfirmable);
  ASSERT_TRUE(this->coap.send(draft, 0));
  Event event;
  while (event.kind != EventKind::kTimeout) {
    event = this->coap.poll(this->coap.next_deadline());
  }
  EXPECT_TRUE(observers.handle(event));
  EXPECT_EQ(observers.find(kPeer, Token(as_bytes("a"))), nullptr);
}

TEST(ObserverTable, asks_for_a_confirmation_now_and_then) {
  ObserverTable<1> observers;
  Observation &entry = *observers.add({kPeer, Token(), 1, true}, 1, ContentFormat::kText, 0);
  unsigned confirmable = 0;
  for (int i = 0; i < 64; ++i) {
    Incoming message(observers.next_type(entry, 1000), Code::kContent, 1);
    observers.note_sent(entry, message.message, 1000);
    confirmable += entry.since_confirmed == 0 ? 1U : 0U;
  }
  EXPECT_EQ(confirmable, 4U);
  EXPECT_EQ(observers.next_type(entry, 1000 + 24ULL * 3600 * 1000), Type::kConfirmable);
}

TEST(Freshness, follows_rfc7641_section_3_4) {
  EXPECT_TRUE(is_fresher(1, 0, 2, 0));
  EXPECT_FALSE(is_fresher(2, 0, 1, 0));
  EXPECT_FALSE(is_fresher(2, 0, 2, 0));
  EXPECT_TRUE(is_fresher(0xFFFFFF, 0, 0, 0)); // wrapped
  EXPECT_FALSE(is_fresher(0, 0, 0xFFFFFF, 0));
  EXPECT_TRUE(is_fresher(5, 0, 4, 128'001)); // too long ago to be a reordering
}

TYPED_TEST(EndpointTest, answers_an_echo_challenge_by_itself_once) {
  const Bytes request = this->start_get(0, false, 11);
  Incoming challenge(Type::kAcknowledgement, Code::kUnauthorized, view(request).message_id(),
                     view(request).token());
  challenge.message.option(OptionNumber::kEcho, "prove-it");
  EXPECT_FALSE(this->coap.receive(kPeer, challenge.message.bytes(), 10));
  const Bytes again = sent(this->coap, 10);
  ASSERT_FALSE(again.empty());
  EXPECT_EQ(view(again).find(OptionNumber::kEcho)->text(), "prove-it");
  EXPECT_TRUE(view(again).path_is("x"));
  EXPECT_EQ(view(again).token(), view(request).token());
  EXPECT_NE(view(again).message_id(), view(request).message_id());
  const Event refused = this->respond(again, Type::kAcknowledgement, view(again).message_id(), 20,
                                      Code::kUnauthorized);
  EXPECT_EQ(refused.kind, EventKind::kResponse);
  EXPECT_EQ(refused.tag, 11U);
}

TEST(EchoGuard, admits_only_who_returns_the_value_sent_to_its_address) {
  EchoGuard<16> guard(99);
  Incoming plain(Type::kConfirmable, Code::kGet, 1);
  EXPECT_FALSE(guard.admit(kPeer, view(copy(plain.message.bytes())), 0));
  Incoming answer(Type::kAcknowledgement, Code::kContent, 1);
  guard.challenge(answer.message, kPeer, 0x1122334455667788, 0);
  const Bytes challenge = copy(answer.message.bytes());
  EXPECT_EQ(view(challenge).code(), Code::kUnauthorized);
  Incoming proof(Type::kConfirmable, Code::kGet, 2);
  proof.message.option(OptionNumber::kEcho, view(challenge).find(OptionNumber::kEcho)->value);
  const Bytes proving = copy(proof.message.bytes());
  EXPECT_FALSE(guard.admit(kOther, view(proving), 10));    // the value belongs to one address
  EXPECT_FALSE(guard.admit(kPeer, view(proving), 61'000)); // and to one minute
  EXPECT_TRUE(guard.admit(kPeer, view(proving), 10));
  EXPECT_TRUE(guard.admit(kPeer, view(copy(plain.message.bytes())), 1000)); // known from now on
}

TEST(EchoGuard, a_flood_of_strangers_cannot_grow_it) {
  EchoGuard<64> guard(99);
  Incoming plain(Type::kConfirmable, Code::kGet, 1);
  const Bytes request = copy(plain.message.bytes());
  guard.verify(kPeer, 0);
  for (std::uint64_t i = 100; i < 5000; ++i) {
    Incoming answer(Type::kAcknowledgement, Code::kContent, 1);
    guard.challenge(answer.message, PeerId{i}, i, 1);
    EXPECT_FALSE(guard.admit(PeerId{i}, view(request), 2));
  }
  EXPECT_TRUE(guard.admit(kPeer, view(request), 2)); // strangers only displace strangers
}

TEST(FixedStorage, hands_a_request_out_again_when_its_answer_was_too_large_to_remember) {
  Endpoint<FixedStorage<>> coap(Parameters{}, 1);
  Incoming get(Type::kConfirmable, Code::kGet, 5);
  Event event = coap.receive(kPeer, get.message.bytes(), 0);
  EXPECT_FALSE(event.repeated);
  Draft draft = coap.reply(event.request, Code::kContent);
  draft.message.payload(std::string(1000, 'x'));
  ASSERT_TRUE(coap.send(draft, 0));
  EXPECT_EQ(sent(coap, 0).size(), 1007U);
  event = coap.receive(kPeer, get.message.bytes(), 10);
  EXPECT_EQ(event.kind, EventKind::kRequest);
  EXPECT_TRUE(event.repeated);
}

TEST(FixedStorage, refuses_requests_beyond_its_arrays_and_messages_beyond_its_buffers) {
  Parameters parameters;
  parameters.nstart = 10;
  Endpoint<FixedStorage<>> coap(parameters, 1);
  for (std::size_t i = 0; i < DeviceLimits::kExchanges; ++i) {
    Draft draft = coap.request(kPeer, Code::kGet);
    ASSERT_TRUE(coap.send(draft, 0));
    ASSERT_FALSE(coap.send(draft, 0)); // a draft is sent once
  }
  EXPECT_FALSE(coap.request(kPeer, Code::kGet));
  Endpoint<FixedStorage<>> other(parameters, 1);
  Draft draft = other.request(kPeer, Code::kPost);
  draft.message.payload(std::string(DeviceLimits::kExchangeBytes, 'x'));
  EXPECT_FALSE(other.send(draft, 0));
  EXPECT_EQ(other.next_deadline(), kNever);
}

struct SmallServiceLimits : ServiceLimits {
  static constexpr std::size_t kExchanges = 8;
  static constexpr std::size_t kReplies = 100;
  static constexpr std::size_t kPeers = 8;
};

TEST(HashedStorage, stays_within_its_bounds_under_a_flood) {
  Endpoint<HashedStorage<SmallServiceLimits>> coap(Parameters{}, 1);
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    Incoming get(Type::kConfirmable, Code::kGet, static_cast<std::uint16_t>(i));
    const Event event = coap.receive(PeerId{i % 1000}, get.message.bytes(), i);
    ASSERT_EQ(event.kind, EventKind::kRequest);
    Draft draft = coap.reply(event.request, Code::kContent);
    ASSERT_TRUE(coap.send(draft, i));
    ASSERT_FALSE(sent(coap, i).empty());
    Draft ours = coap.request(PeerId{i}, Code::kGet);
    (void)coap.send(ours, i);
    while (coap.poll(i)) {
    }
  }
  EXPECT_LE(coap.storage().remembered_replies(), SmallServiceLimits::kReplies);
  EXPECT_LE(coap.storage().open_exchanges(), SmallServiceLimits::kExchanges);
}

TEST(HashedStorage, forgets_answers_after_the_exchange_lifetime) {
  Endpoint<HashedStorage<>> coap(Parameters{}, 1);
  for (std::uint16_t i = 0; i < 1000; ++i) {
    Incoming get(Type::kConfirmable, Code::kGet, i);
    (void)coap.receive(kPeer, get.message.bytes(), i);
  }
  EXPECT_EQ(coap.storage().remembered_replies(), 1000U);
  Incoming late(Type::kConfirmable, Code::kGet, 2000);
  (void)coap.receive(kPeer, late.message.bytes(), 600'000);
  EXPECT_EQ(coap.storage().remembered_replies(), 1U);
}

} // namespace
} // namespace tinyml::coap
