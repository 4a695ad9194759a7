// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/dhcp_server.hpp"
#include "tender/switch/test_guest.hpp"

#include <gmock/gmock.h>

#include <ctime>

namespace tinyml::tender {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST(Switch, HoldsHundredsOfGuestsAndAThousandLeases) {
  const auto running = start({.max_ports = 2048, .relay = {.max_flows = 2048}});
  std::vector<std::unique_ptr<Guest>> guests;
  for (std::uint8_t i = 0; i < 250; ++i) {
    guests.push_back(std::make_unique<Guest>(running->port(), i));
    ASSERT_TRUE(guests.back()->bind()) << unsigned{i};
  }
  DhcpServer server(Subnet{}, 1h);
  for (unsigned i = 0; i < 1000; ++i) {
    net::DhcpMessage message;
    message.operation = net::BootpOperation::kRequest;
    message.type = net::DhcpType::kDiscover;
    message.client_mac = {
        2, 9, 0, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
    ASSERT_TRUE(server.answer(message, Time{}));
  }
  EXPECT_EQ(server.leases(), 1000U);
  EXPECT_EQ(running->get().stats().ports, 250U);
}

TEST(Switch, RelayHoldsNoMoreFlowsThanAllowed) {
  EchoServer echo;
  const auto running = start({.relay = {.max_flows = 3}});
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  for (std::uint16_t port = 1; port <= 20; ++port) {
    ASSERT_EQ(guest.stack.send({gateway(), port}, 7, Bytes{1}, now_ns()), net::SendStatus::kSent);
    guest.flush();
  }
  EXPECT_EQ(guest.exchange({gateway(), echo.port()}, {9}), Bytes{9});
  EXPECT_EQ(running->get().stats().flows, 3U);
}

TEST(Switch, ForgetsPeersThatAreGone) {
  const auto running = start();
  const Socket here(running->port());
  here.send(net::test::ethernet(net::kBroadcastMac, {2, 0, 0, 0, 0, 1}, 0x88B5, Bytes(50)));
  {
    const Socket gone(running->port());
    gone.send(net::test::ethernet(net::kBroadcastMac, {2, 0, 0, 0, 0, 2}, 0x88B5, Bytes(50)));
    ASSERT_FALSE(here.receive().empty());
    ASSERT_EQ(running->get().stats().ports, 2U);
  }
  for (int i = 0; i < 6000 && running->get().stats().ports == 2; ++i) {
    here.send(net::test::ethernet({2, 0, 0, 0, 0, 2}, {2, 0, 0, 0, 0, 1}, 0x88B5, Bytes(50)));
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_EQ(running->get().stats().ports, 1U);
}

TEST(Switch, AHostPortWhereNobodyListensDoesNotStopTheOthers) {
  EchoServer echo;
  const auto running = start();
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  std::uint16_t closed = 0;
  { closed = Socket(0).port; }
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(guest.stack.send({gateway(), closed}, 7, Bytes{1}, now_ns()), net::SendStatus::kSent);
    guest.flush();
  }
  EXPECT_EQ(guest.exchange({gateway(), echo.port()}, {3}), Bytes{3});
}

TEST(Switch, SaysWhenItsPortIsInUse) {
  const auto running = start();
  const auto second = EthernetSwitch::open({.port = running->port()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kResourceFull);
  EXPECT_THAT(second.error().message,
              testing::AllOf(testing::HasSubstr(std::to_string(running->port())),
                             testing::HasSubstr("in use")));
}

TEST(Switch, UsesNoProcessorTimeWhenIdle) {
  const auto running = start();
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  const auto cpu = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
  const double before = cpu();
  std::this_thread::sleep_for(500ms);
  EXPECT_LT(cpu() - before, 0.02);
}

} // namespace
} // namespace tinyml::tender
