// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/observe.hpp"
#include "protocol/coap/test_endpoint.hpp"

namespace tinyml::coap {
namespace {

using namespace test;
using testing::ElementsAre;

template <typename Storage> class ObserveTest : public EndpointTest<Storage> {};
TYPED_TEST_SUITE(ObserveTest, Storages);

TYPED_TEST(ObserveTest, observes_drops_stale_notifications_and_ends_by_cancel) {
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

TYPED_TEST(ObserveTest, an_error_notification_ends_the_observation) {
  const Bytes request = this->start_get(0, true);
  (void)this->respond(request, Type::kAcknowledgement, view(request).message_id(), 10,
                      Code::kContent, 100);
  const Event event = this->respond(request, Type::kNonConfirmable, 1, 20, Code::kNotFound);
  EXPECT_EQ(event.kind, EventKind::kNotification);
  EXPECT_FALSE(event.observing);
  EXPECT_FALSE(this->respond(request, Type::kNonConfirmable, 2, 30, Code::kContent, 101));
}

TYPED_TEST(ObserveTest, notifications_replace_older_ones_under_way_and_end_with_a_reset) {
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

TYPED_TEST(ObserveTest, an_observer_that_never_acknowledges_is_dropped) {
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

} // namespace
} // namespace tinyml::coap
