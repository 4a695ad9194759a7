// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/test_guest.hpp"

namespace tinyml::tender {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST(Switch, APartitionCutsAnIslandFromTheGatewayUntilItIsHealed) {
  const auto running = start();
  EchoServer echo;
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  EXPECT_EQ(guest.exchange({gateway(), echo.port()}, {1}), Bytes{1});
  EXPECT_TRUE(running->get().address_of({0x02, 0, 0, 0, 1, 1}));
  ASSERT_TRUE(running->get().impair({.islands = {{net::MacAddress{0x02, 0, 0, 0, 1, 1}}}}));
  ASSERT_EQ(guest.stack.send({gateway(), echo.port()}, 5683, Bytes{2}, now_ns()),
            net::SendStatus::kSent);
  guest.flush();
  const std::uint64_t end = now_ns() + std::chrono::nanoseconds(kPatience).count();
  while (running->get().stats().impaired.cut == 0 && now_ns() < end) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(running->get().stats().impaired.cut, 1U);
  EXPECT_TRUE(guest.link.receive(50ms).empty());
  ASSERT_TRUE(running->get().impair({}));
  EXPECT_EQ(guest.exchange({gateway(), echo.port()}, {3}), Bytes{3});
}

TEST(Switch, DelaysBothWays) {
  const auto running = start({.impairments = {.delay = 30ms}});
  EchoServer echo;
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  (void)guest.exchange({gateway(), echo.port()}, {0}); // ARP
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(guest.exchange({gateway(), echo.port()}, {1}), Bytes{1});
  const auto took = std::chrono::steady_clock::now() - before;
  EXPECT_GE(took, 60ms);
  EXPECT_LT(took, kPatience);
  EXPECT_EQ(running->get().stats().held_frames, 0U);
}

TEST(Switch, GuestsGetTheirAddressesThroughLossAndDuplicates) {
  const auto running = start({.impairments = {.loss = 0.1, .duplicate = 0.1, .reorder = 0.1}});
  for (std::uint8_t i = 1; i <= 5; ++i) {
    Guest guest(running->port(), i);
    EXPECT_TRUE(guest.bind());
  }
}

TEST(Switch, RefusesImpairmentsThatMakeNoSense) {
  EXPECT_FALSE(EthernetSwitch::open({.impairments = {.loss = 2}}));
  const auto running = start();
  EXPECT_FALSE(running->get().impair({.delay = std::chrono::hours(1)}));
}

} // namespace
} // namespace tinyml::tender
