// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/station.hpp"

#include "tender/switch/ethernet_switch.hpp"

#include <gtest/gtest.h>

namespace tinyml::tender {
namespace {

using namespace std::chrono_literals;

struct StationTest : testing::Test {
  std::unique_ptr<SwitchThread> network = std::move(*SwitchThread::start({}));
  Station first = std::move(*Station::join(network->port(), {}));
  Station second = std::move(*Station::join(
      network->port(), {.mac = {2, 0, 0, 0, 0, 9}, .address = net::Ipv4Address::of(10, 77, 0, 9)}));
};

TEST_F(StationTest, PingsTheGatewayWithEverySize) {
  const net::Ipv4Address gateway = Subnet{}.gateway;
  for (const std::size_t size : {0U, 1U, 56U, 1471U, 1472U}) {
    EXPECT_TRUE(first.ping(gateway, size, 30s)) << size;
  }
  EXPECT_FALSE(first.ping(gateway, 1473, 100ms)) << "larger than a frame";
}

TEST_F(StationTest, GetsNoAnswerFromNobody) {
  EXPECT_FALSE(first.resolve(net::Ipv4Address::of(10, 77, 0, 55), 90ms));
  EXPECT_FALSE(first.ping(net::Ipv4Address::of(10, 77, 0, 55), 8, 90ms));
}

TEST_F(StationTest, ExchangesDatagramsWithAnotherStation) {
  const std::vector<std::uint8_t> hello{'h', 'i'};
  std::jthread answering([&] {
    const auto got = second.receive(30s);
    if (got) {
      second.send(got->from, got->port, got->payload);
    }
  });
  ASSERT_TRUE(first.send({second.identity().address, 7}, 5000, hello));
  const auto answer = first.receive(30s);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->payload, hello);
  EXPECT_EQ(answer->from, (net::Endpoint{second.identity().address, 7}));
  EXPECT_EQ(answer->port, 5000);
}

TEST_F(StationTest, KeepsNothingOfFramesThatAreNotForIt) {
  std::vector<std::uint8_t> frame(60, 0);
  frame[0] = 2;
  frame[5] = 77; // somebody else
  ASSERT_TRUE(second.send_frame(frame));
  EXPECT_FALSE(first.receive(50ms));
}

} // namespace
} // namespace tinyml::tender
