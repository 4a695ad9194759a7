// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/test_endpoint.hpp"

namespace tinyml::coap {
namespace {

using namespace test;

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
