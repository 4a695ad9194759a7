// SPDX-License-Identifier: Apache-2.0
#include "os/net/ethernet_stack.hpp"

#include "os/net/test_frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyml::net::test {
namespace {

constexpr Endpoint kServer{kPeer, 5683};

Bytes arp_answer_from_peer() {
  return ethernet(kOwnMac, kPeerMac, 0x0806, arp(2, kPeerMac, kPeer, kOwnMac, kOwn));
}

Bytes datagram_from_peer(std::string_view text) {
  return ethernet(kOwnMac, kPeerMac, 0x0800, udp(kServer, {kOwn, 1234}, as_bytes(text)));
}

TEST(EthernetStack, AsksForTheLinkAddressThenSendsTheWaitingDatagram) {
  Station station(static_config());
  ASSERT_EQ(station.stack.send(kServer, 1234, as_bytes("first"), station.now_ns),
            SendStatus::kSent);
  const auto question = station.sent();
  ASSERT_EQ(question.size(), 1U);
  Bytes expected = ethernet(kBroadcastMac, kOwnMac, 0x0806, arp(1, kOwnMac, kOwn, {}, kPeer));
  expected.resize(kArpFrameBytes);
  EXPECT_EQ(question[0], expected);

  EXPECT_FALSE(station.deliver(arp_answer_from_peer()));
  const auto sent = station.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(frame_destination(sent[0].data()), kPeerMac);
  Counters counters;
  Bytes packet(sent[0].begin() + 14, sent[0].end());
  const auto received = receive(packet, kPeer, counters).datagram;
  ASSERT_TRUE(received);
  EXPECT_EQ(received->peer, (Endpoint{kOwn, 1234}));
  EXPECT_EQ(as_text(received->payload), "first");
  EXPECT_EQ(station.stack.next_deadline_ns(), kNever);
}

TEST(EthernetStack, SendsAtOnceToWhoeverSpokeToIt) {
  Station station(static_config());
  ASSERT_TRUE(station.deliver(datagram_from_peer("request")));
  ASSERT_EQ(station.stack.send(kServer, 1234, as_bytes("answer"), station.now_ns),
            SendStatus::kSent);
  const auto sent = station.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(frame_type(sent[0].data()), EtherType::kIpv4);
}

TEST(EthernetStack, RepeatsTheQuestionThenGivesUp) {
  Station station(static_config());
  ASSERT_EQ(station.stack.send(kServer, 1, as_bytes("x"), station.now_ns), SendStatus::kSent);
  std::size_t questions = 0;
  while (station.stack.next_deadline_ns() != kNever) {
    station.now_ns = std::max(station.now_ns, station.stack.next_deadline_ns());
    questions += station.sent().size();
  }
  EXPECT_EQ(questions, 4U);
  EXPECT_EQ(station.stack.counters().unresolved, 1);
  EXPECT_FALSE(station.deliver(arp_answer_from_peer()));
  EXPECT_TRUE(station.sent().empty());
}

TEST(EthernetStack, ANewerDatagramReplacesTheWaitingOne) {
  Station station(static_config());
  ASSERT_EQ(station.stack.send(kServer, 1, as_bytes("old"), station.now_ns), SendStatus::kSent);
  ASSERT_EQ(station.stack.send(kServer, 1, as_bytes("new!"), station.now_ns), SendStatus::kSent);
  (void)station.sent();
  (void)station.deliver(arp_answer_from_peer());
  const auto sent = station.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(as_text(ByteView(sent[0]).last(4)), "new!");
}

TEST(EthernetStack, KeepsTheWaitingDatagramWhenLongFramesArrive) {
  Station station(static_config());
  ASSERT_EQ(station.stack.send(kServer, 1, as_bytes("precious"), station.now_ns),
            SendStatus::kSent);
  (void)station.sent();
  EXPECT_FALSE(station.deliver(datagram_from_peer(std::string(1000, 'z'))));
  EXPECT_TRUE(station.deliver(datagram_from_peer("short")));
  (void)station.deliver(arp_answer_from_peer());
  const auto sent = station.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(as_text(ByteView(sent[0]).last(8)), "precious");
}

TEST(EthernetStack, SendsForeignNetworksThroughTheGateway) {
  Station station(static_config());
  const Endpoint far{Ipv4Address::of(192, 168, 1, 1), 9};
  ASSERT_EQ(station.stack.send(far, 1, as_bytes("x"), station.now_ns), SendStatus::kSent);
  const auto sent = station.sent();
  ASSERT_EQ(sent.size(), 1U);
  ASSERT_TRUE(is_arp(sent[0]));
  EXPECT_EQ(arp_target(sent[0].data()), kPeer);
}

TEST(EthernetStack, RefusesWhatItCannotSend) {
  StackConfig lonely = static_config();
  lonely.fixed.gateway = {};
  Station station(lonely);
  const Endpoint far{Ipv4Address::of(192, 168, 1, 1), 9};
  EXPECT_EQ(station.stack.send(far, 1, as_bytes("x"), 0), SendStatus::kNoRoute);
  EXPECT_EQ(station.stack.send(kServer, 1, Bytes(1473), 0), SendStatus::kTooLarge);
  EXPECT_EQ(station.stack.send(kServer, 1, Bytes(1472), 0), SendStatus::kSent);
  Station unbound({.mac = kOwnMac, .random_seed = 1, .fixed = {}});
  EXPECT_EQ(unbound.stack.send(kServer, 1, as_bytes("x"), 0), SendStatus::kNoAddress);
}

TEST(EthernetStack, BuildsAPayloadInPlace) {
  Station station(static_config());
  (void)station.deliver(datagram_from_peer("hi"));
  const ByteSpan room = station.stack.payload_room();
  std::fill_n(room.begin(), 1472, std::uint8_t{0xA5});
  ASSERT_EQ(station.stack.send(kServer, 1, room.first(1472), station.now_ns), SendStatus::kSent);
  const auto sent = station.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].size(), 1514U);
  EXPECT_EQ(sent[0].back(), 0xA5);
}

TEST(EthernetStack, AnswersArpQuestionsForItsOwnAddressOnly) {
  Station station(static_config());
  (void)station.deliver(
      ethernet(kBroadcastMac, kPeerMac, 0x0806, arp(1, kPeerMac, kPeer, {}, kOwn)));
  const auto sent = station.sent();
  ASSERT_EQ(sent.size(), 1U);
  Bytes expected = ethernet(kPeerMac, kOwnMac, 0x0806, arp(2, kOwnMac, kOwn, kPeerMac, kPeer));
  expected.resize(kArpFrameBytes);
  EXPECT_EQ(sent[0], expected);

  (void)station.deliver(ethernet(kBroadcastMac, kPeerMac, 0x0806,
                                 arp(1, kPeerMac, kPeer, {}, Ipv4Address::of(10, 77, 0, 3))));
  EXPECT_TRUE(station.sent().empty());
}

TEST(EthernetStack, AnswersPing) {
  Station station(static_config());
  (void)station.deliver(
      ethernet(kOwnMac, kPeerMac, 0x0800, echo_request(kPeer, kOwn, Bytes(1472, 0x5A))));
  const auto sent = station.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].size(), 1514U);
  EXPECT_EQ(frame_destination(sent[0].data()), kPeerMac);
  EXPECT_EQ(naive_sum(ByteView(sent[0]).subspan(34)), 0);
}

TEST(EthernetStack, ForgetsALinkAddressAfterItsLifetime) {
  Station station(static_config());
  (void)station.deliver(datagram_from_peer("hi"));
  station.now_ns += ArpCache::kLifetimeNs;
  ASSERT_EQ(station.stack.send(kServer, 1, as_bytes("x"), station.now_ns), SendStatus::kSent);
  const auto sent = station.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(frame_type(sent[0].data()), EtherType::kArp);
}

TEST(EthernetStack, DropsAndCountsBadFrames) {
  const Bytes good = datagram_from_peer("x");
  Bytes other_mac = good, other_type = good;
  other_mac[5] ^= 0xFF;
  set_be16(other_type, 12, 0x86DD);
  Bytes bad_arp = arp_answer_from_peer();
  bad_arp[14 + 4] = 7;
  struct Case {
    Bytes frame;
    std::uint16_t Counters::*reason;
  };
  const Case cases[] = {{Bytes(13), &Counters::malformed},
                        {other_mac, &Counters::foreign},
                        {other_type, &Counters::foreign},
                        {bad_arp, &Counters::malformed},
                        {Bytes(good.begin(), good.begin() + 14), &Counters::malformed}};
  for (const Case &item : cases) {
    Station station(static_config());
    EXPECT_FALSE(station.deliver(item.frame));
    EXPECT_TRUE(station.sent().empty());
    EXPECT_EQ(station.stack.counters().*item.reason, 1);
  }
}

TEST(ArpCache, ReplacesTheStalestEntry) {
  ArpCache cache;
  for (std::uint8_t i = 1; i <= 5; ++i) {
    cache.learn(Ipv4Address::of(10, 0, 0, i), {2, 0, 0, 0, 0, i}, i);
  }
  EXPECT_EQ(cache.find(Ipv4Address::of(10, 0, 0, 1), 10), nullptr);
  for (std::uint8_t i = 2; i <= 5; ++i) {
    const MacAddress *mac = cache.find(Ipv4Address::of(10, 0, 0, i), 10);
    ASSERT_NE(mac, nullptr);
    EXPECT_EQ(mac->back(), i);
  }
}

} // namespace
} // namespace tinyml::net::test
