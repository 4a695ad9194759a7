// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/fixed_storage.hpp"
#include "protocol/coap/hashed_storage.hpp"

#include <gmock/gmock.h>

namespace tinyml::coap {
namespace {

template <typename Storage> class EndpointTest : public testing::Test {};
using Storages = testing::Types<FixedStorage<>, HashedStorage<>>;
TYPED_TEST_SUITE(EndpointTest, Storages);

constexpr PeerId kPeer{7};

TYPED_TEST(EndpointTest, answers_a_request_and_its_duplicate_with_the_same_bytes) {
  Endpoint<TypeParam> server(Parameters{}, 1);
  std::uint8_t buffer[64];
  MessageBuilder get(buffer, Type::kConfirmable, Code::kGet, 5, Token(as_bytes("ab")));
  get.path("x");
  const Event event = server.receive(kPeer, get.bytes(), 100);
  ASSERT_EQ(event.kind, EventKind::kRequest);
  Draft draft = server.reply(event.request, Code::kContent);
  draft.message.payload("hello");
  ASSERT_TRUE(server.send(draft, 100));
  const Event sent = server.poll(100);
  ASSERT_EQ(sent.kind, EventKind::kSend);
  const std::vector<std::uint8_t> first(sent.datagram.begin(), sent.datagram.end());
  EXPECT_FALSE(server.receive(kPeer, get.bytes(), 200));
  EXPECT_THAT(server.poll(200).datagram, testing::ElementsAreArray(first));
}

TYPED_TEST(EndpointTest, retransmits_four_times_with_doubling_timeouts_and_gives_up) {
  Endpoint<TypeParam> client(Parameters{}, 1);
  Draft draft = client.request(kPeer, Code::kGet);
  ASSERT_TRUE(client.send(draft, 0, 42));
  std::vector<Millis> sent_at;
  Event event;
  while (event.kind != EventKind::kTimeout) {
    const Millis now = client.next_deadline();
    ASSERT_NE(now, kNever);
    event = client.poll(now);
    if (event.kind == EventKind::kSend) {
      sent_at.push_back(now);
    }
  }
  EXPECT_EQ(event.tag, 42U);
  ASSERT_EQ(sent_at.size(), 5U);
  const Millis first = sent_at[1] - sent_at[0];
  EXPECT_GE(first, 2000U);
  EXPECT_LE(first, 3000U);
  for (std::size_t i = 2; i < sent_at.size(); ++i) {
    EXPECT_EQ(sent_at[i] - sent_at[i - 1], first << (i - 1));
  }
  EXPECT_EQ(client.next_deadline(), kNever);
}

} // namespace
} // namespace tinyml::coap
