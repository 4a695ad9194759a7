// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/echo.hpp"
#include "protocol/coap/test_endpoint.hpp"

namespace tinyml::coap {
namespace {

using namespace test;

template <typename Storage> class EchoTest : public EndpointTest<Storage> {};
TYPED_TEST_SUITE(EchoTest, Storages);

TYPED_TEST(EchoTest, answers_an_echo_challenge_by_itself_once) {
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

} // namespace
} // namespace tinyml::coap
