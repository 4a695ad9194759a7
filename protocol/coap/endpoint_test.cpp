// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/test_endpoint.hpp"

namespace tinyml::coap {
namespace {

using namespace test;
using testing::ElementsAre;

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

TYPED_TEST(EndpointTest, a_restarted_peers_request_may_have_the_id_of_an_earlier_notification) {
  for (const Type type : {Type::kNonConfirmable, Type::kConfirmable}) {
    const std::uint16_t id = type == Type::kConfirmable ? 6 : 5;
    Incoming notification(type, Code::kContent, id, Token(as_bytes("n")));
    EXPECT_FALSE(this->coap.receive(kPeer, notification.message.bytes(), 100));
    (void)sent(this->coap, 100);
    Incoming post(Type::kConfirmable, Code::kPost, id);
    const Event event = this->coap.receive(kPeer, post.message.bytes(), 200);
    ASSERT_EQ(event.kind, EventKind::kRequest);
    EXPECT_FALSE(this->coap.receive(kPeer, post.message.bytes(), 201)) << "a duplicate";
    Draft draft = this->coap.reply(event.request, Code::kCreated);
    ASSERT_TRUE(this->coap.send(draft, 202));
    EXPECT_EQ(view(sent(this->coap, 202)).code(), Code::kCreated);
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

} // namespace
} // namespace tinyml::coap
