// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/port_table.hpp"

#include <gtest/gtest.h>

namespace tinyml::tender {
namespace {

using namespace std::chrono_literals;

TEST(PortTable, AGuestThatInventsAddressesHarmsOnlyItself) {
  PortTable table(2);
  PortInfo &honest = table.seen(1000, Time{});
  table.learn(honest, {2, 0, 0, 0, 0, 1});
  PortInfo &liar = table.seen(1001, Time{1s});
  for (int i = 0; i < 1000; ++i) {
    table.learn(liar,
                {2, 1, 0, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
  }
  EXPECT_EQ(liar.macs.size(), PortTable::kMacsPerPort);
  EXPECT_EQ(table.find({2, 0, 0, 0, 0, 1}), &honest);
  EXPECT_EQ(table.find({2, 1, 0, 0, 0, 1}), nullptr);
  table.learn(liar, {2, 0, 0, 0, 0, 1}); // a station that moved
  EXPECT_TRUE(honest.macs.empty());
  EXPECT_EQ(table.find({2, 0, 0, 0, 0, 1}), &liar);
}

TEST(PortTable, TheMostSilentPeerMakesRoom) {
  PortTable table(2);
  table.learn(table.seen(1000, Time{1s}), {2, 0, 0, 0, 0, 1});
  table.learn(table.seen(1001, Time{2s}), {2, 0, 0, 0, 0, 2});
  table.seen(1000, Time{3s});
  table.seen(1002, Time{4s});
  EXPECT_EQ(table.ports().size(), 2U);
  EXPECT_EQ(table.find({2, 0, 0, 0, 0, 2}), nullptr);
  EXPECT_NE(table.find({2, 0, 0, 0, 0, 1}), nullptr);
}

} // namespace
} // namespace tinyml::tender
