// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/test_guest.hpp"

#include <gmock/gmock.h>

namespace tinyml::tender {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST(Switch, GivesAGuestAnAddressAndKeepsItStable) {
  const auto running = start();
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  EXPECT_TRUE(Subnet{}.contains(guest.stack.address()));
  Guest again(running->port(), 1);
  ASSERT_TRUE(again.bind());
  EXPECT_EQ(again.stack.address(), guest.stack.address());
  const auto other_switch = start();
  Guest elsewhere(other_switch->port(), 1);
  ASSERT_TRUE(elsewhere.bind());
  EXPECT_EQ(elsewhere.stack.address(), guest.stack.address());
}

TEST(Switch, RelaysUdpOfEverySizeToAPortOfTheHostAndBack) {
  EchoServer echo;
  const auto running = start();
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  for (const std::size_t size : {1U, 2U, 17U, 512U, 1024U, 1471U, 1472U}) {
    Bytes payload(size);
    for (std::size_t i = 0; i < size; ++i) {
      payload[i] = static_cast<std::uint8_t>(i * 31 + size);
    }
    ASSERT_EQ(guest.exchange({gateway(), echo.port()}, payload), payload) << size;
    EXPECT_EQ(guest.peer, (net::Endpoint{gateway(), echo.port()}));
  }
  EXPECT_EQ(running->get().stats().flows, 1U);
}

TEST(Switch, TwoGuestsAreTwoPeersToTheHost) {
  EchoServer echo;
  const auto running = start();
  Guest first(running->port(), 1);
  Guest second(running->port(), 2);
  ASSERT_TRUE(first.bind());
  ASSERT_TRUE(second.bind());
  EXPECT_NE(first.stack.address(), second.stack.address());
  EXPECT_EQ(first.exchange({gateway(), echo.port()}, {1}), Bytes{1});
  EXPECT_EQ(second.exchange({gateway(), echo.port()}, {2}), Bytes{2});
  EXPECT_EQ(echo.peers(), 2U);
}

TEST(Switch, CarriesDatagramsBetweenGuests) {
  const auto running = start();
  Guest first(running->port(), 1);
  Guest second(running->port(), 2);
  ASSERT_TRUE(first.bind());
  ASSERT_TRUE(second.bind());
  const std::string text = "hello neighbour";
  ASSERT_EQ(first.stack.send({second.stack.address(), 99}, 98, as_bytes(text), now_ns()),
            net::SendStatus::kSent);
  // The question and its answer cross between the two, so both must run.
  bool arrived = false;
  for (int i = 0; i < 200 && !arrived; ++i) {
    const int turns = 2;
    int left = turns;
    first.run_until([&] { return left-- == 0; });
    left = turns;
    second.run_until([&] { return left-- == 0 || !second.received.empty(); });
    arrived = !second.received.empty();
  }
  EXPECT_EQ(as_text(second.received), text);
  EXPECT_EQ(second.peer, (net::Endpoint{first.stack.address(), 98}));
}

TEST(Switch, GatewayAnswersPing) {
  const auto running = start();
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  const net::MacAddress mac{0x02, 0, 0, 0, 1, 1};
  const Bytes packet = net::test::echo_request(guest.stack.address(), gateway(), Bytes(56, 0x61));
  guest.link.send(net::test::ethernet(Subnet{}.gateway_mac, mac, 0x0800, packet));
  const Bytes answer = guest.link.receive();
  ASSERT_GE(answer.size(), 34U + 8U + 56U);
  EXPECT_EQ(net::frame_destination(answer.data()), mac);
  EXPECT_EQ(answer[34], 0);
  EXPECT_EQ(net::test::naive_sum(ByteView(answer).subspan(34)), 0);
}

TEST(Switch, GuestAnswersPingOfItsNeighbour) {
  const auto running = start();
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  const Socket neighbour(running->port());
  const net::MacAddress mac{0x02, 0, 0, 0, 1, 9};
  const Bytes packet = net::test::echo_request(net::Ipv4Address::of(10, 77, 0, 9),
                                               guest.stack.address(), Bytes(1000, 0x61));
  neighbour.send(net::test::ethernet({0x02, 0, 0, 0, 1, 1}, mac, 0x0800, packet));
  Bytes answer;
  guest.run_until([&] {
    answer = answer.empty() ? neighbour.receive(10ms) : answer;
    return !answer.empty();
  });
  ASSERT_EQ(answer.size(), 14U + packet.size());
  EXPECT_EQ(answer[34], 0);
}

TEST(Switch, FloodsUntilItHasLearnedThenSendsToOnePortOnly) {
  const auto running = start();
  const Socket a(running->port()), b(running->port()), c(running->port());
  const net::MacAddress mac_a{2, 0, 0, 0, 0, 0xA}, mac_b{2, 0, 0, 0, 0, 0xB},
      mac_c{2, 0, 0, 0, 0, 0xC}, stranger{2, 0, 0, 0, 0, 0xD};
  const auto frame = [](const net::MacAddress &to, const net::MacAddress &from) {
    return net::test::ethernet(to, from, 0x88B5, Bytes(50, 7)); // a local experimental type
  };
  // Each becomes known; the order makes every later one's broadcast reach the earlier ones.
  a.send(frame(net::kBroadcastMac, mac_a));
  b.send(frame(net::kBroadcastMac, mac_b));
  ASSERT_EQ(a.receive(), frame(net::kBroadcastMac, mac_b));
  c.send(frame(net::kBroadcastMac, mac_c));
  ASSERT_EQ(a.receive(), frame(net::kBroadcastMac, mac_c));
  ASSERT_EQ(b.receive(), frame(net::kBroadcastMac, mac_c));

  a.send(frame(stranger, mac_a));
  EXPECT_EQ(b.receive(), frame(stranger, mac_a));
  EXPECT_EQ(c.receive(), frame(stranger, mac_a));
  a.send(frame(mac_b, mac_a));
  EXPECT_EQ(b.receive(), frame(mac_b, mac_a));
  a.send(frame(mac_c, mac_a));
  EXPECT_EQ(c.receive(), frame(mac_c, mac_a)) << "and not the one for b";
}

TEST(Switch, NobodyMaySpeakAsTheGatewayOrAsAGroup) {
  const auto running = start();
  const Socket honest(running->port()), liar(running->port());
  const net::MacAddress mac{2, 0, 0, 0, 0, 1};
  honest.send(net::test::ethernet(net::kBroadcastMac, mac, 0x88B5, Bytes(50)));
  liar.send(net::test::ethernet(mac, Subnet{}.gateway_mac, 0x88B5, Bytes(50, 1)));
  liar.send(net::test::ethernet(mac, net::kBroadcastMac, 0x88B5, Bytes(50, 2)));
  liar.send(Bytes(13));
  liar.send(Bytes(3000));
  const Bytes last = net::test::ethernet(mac, {2, 0, 0, 0, 0, 2}, 0x88B5, Bytes(50, 3));
  liar.send(last);
  EXPECT_EQ(honest.receive(), last);
}

TEST(Switch, QuestionsForTheGatewayWakeNobodyElse) {
  const auto running = start();
  const Socket other(running->port());
  other.send(net::test::ethernet(net::kBroadcastMac, {2, 0, 0, 0, 0, 9}, 0x88B5, Bytes(50)));
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  EchoServer echo;
  EXPECT_EQ(guest.exchange({gateway(), echo.port()}, {1}), Bytes{1});
  EXPECT_TRUE(other.receive(50ms).empty());
}

} // namespace
} // namespace tinyml::tender
