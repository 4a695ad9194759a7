// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/impaired_wire.hpp"

#include <gtest/gtest.h>

namespace tinyml::tender {
namespace {

using namespace std::chrono_literals;

constexpr ImpairedWire::Limits kLimits{};
const std::vector<std::uint8_t> kFrame(100, 7);
const FrameHop kHop{1, 2, kFrame};

ImpairedWire wire(Impairments impairments, std::uint64_t seed = 1,
                  ImpairedWire::Limits limits = kLimits) {
  ImpairedWire made(seed, limits);
  made.set(std::move(impairments));
  return made;
}

/// When the frames that are held arrive.
std::vector<Time> arrivals(ImpairedWire &wire) {
  std::vector<Time> times;
  while (const auto next = wire.next_due()) {
    EXPECT_FALSE(wire.due(*next - 1ns));
    EXPECT_TRUE(wire.due(*next));
    times.push_back(*next);
  }
  return times;
}

TEST(ImpairedWire, PassesEverythingUnlessToldOtherwise) {
  ImpairedWire plain = wire({});
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(plain.take(kHop, Time{}), 1U);
  }
  EXPECT_FALSE(plain.next_due());
}

TEST(ImpairedWire, LosesAsManyAsAskedForAndTheSameOnesWithTheSameSeed) {
  const auto lost = [](std::uint64_t seed) {
    ImpairedWire lossy = wire({.loss = 0.1}, seed);
    std::vector<unsigned> passed;
    for (int i = 0; i < 10'000; ++i) {
      passed.push_back(lossy.take(kHop, Time{}));
    }
    EXPECT_EQ(lossy.stats().lost,
              static_cast<std::uint64_t>(std::count(passed.begin(), passed.end(), 0U)));
    EXPECT_NEAR(static_cast<double>(lossy.stats().lost), 1000, 100);
    return passed;
  };
  EXPECT_EQ(lost(7), lost(7));
  EXPECT_NE(lost(7), lost(8));
}

TEST(ImpairedWire, LosesAllOrNothingAtTheEnds) {
  ImpairedWire none = wire({.loss = 0, .duplicate = 0.5});
  ImpairedWire all = wire({.loss = 1});
  for (int i = 0; i < 1000; ++i) {
    EXPECT_GE(none.take(kHop, Time{}), 1U);
    EXPECT_EQ(all.take(kHop, Time{}), 0U);
  }
}

TEST(ImpairedWire, DelaysEachFrameByTheSameTimeInOrder) {
  ImpairedWire slow = wire({.delay = 20ms});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(slow.take(kHop, Time{i * 1ms}), 0U);
  }
  EXPECT_EQ(slow.held_frames(), 5U);
  EXPECT_EQ(arrivals(slow),
            (std::vector<Time>{Time{20ms}, Time{21ms}, Time{22ms}, Time{23ms}, Time{24ms}}));
  EXPECT_EQ(slow.stats().delayed, 5U);
}

TEST(ImpairedWire, FramesOfOneTimeKeepTheirOrder) {
  ImpairedWire slow = wire({.delay = 5ms});
  const std::vector<std::uint8_t> first{1}, second{2};
  ASSERT_EQ(slow.take({1, 2, first}, Time{}), 0U);
  ASSERT_EQ(slow.take({1, 2, second}, Time{}), 0U);
  EXPECT_EQ(slow.due(Time{5ms})->bytes, first);
  EXPECT_EQ(slow.due(Time{5ms})->bytes, second);
}

TEST(ImpairedWire, JitterStaysWithinItsBounds) {
  ImpairedWire shaky = wire({.delay = 20ms, .jitter = 5ms});
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(shaky.take(kHop, Time{}), 0U);
  }
  const auto times = arrivals(shaky);
  EXPECT_GE(times.front(), Time{15ms});
  EXPECT_LT(times.front(), Time{16ms});
  EXPECT_LE(times.back(), Time{25ms});
  EXPECT_GT(times.back(), Time{24ms});
}

TEST(ImpairedWire, DuplicatesBothCopiesThroughTheDelay) {
  ImpairedWire echoing = wire({.duplicate = 1, .delay = 1ms});
  EXPECT_EQ(echoing.take(kHop, Time{}), 0U);
  EXPECT_EQ(arrivals(echoing).size(), 2U);
  EXPECT_EQ(echoing.stats().duplicated, 1U);
  ImpairedWire at_once = wire({.duplicate = 1});
  EXPECT_EQ(at_once.take(kHop, Time{}), 2U);
}

TEST(ImpairedWire, AReorderedFrameIsOvertaken) {
  ImpairedWire mixing = wire({.reorder = 0.5}, 3);
  std::vector<std::uint8_t> order;
  for (std::uint8_t i = 0; i < 100; ++i) {
    const std::vector<std::uint8_t> frame{i};
    const Time now{i * 1ms};
    while (const auto held = mixing.due(now)) {
      order.push_back(held->bytes[0]);
    }
    if (mixing.take({1, 2, frame}, now) == 1) {
      order.push_back(i);
    }
  }
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  EXPECT_NEAR(static_cast<double>(mixing.stats().reordered), 50, 20);
}

TEST(ImpairedWire, TheRateIsEachReceiversOwn) {
  ImpairedWire narrow = wire({.bits_per_second = 8000}); // 100 bytes take 100 ms
  ASSERT_EQ(narrow.take({1, 2, kFrame}, Time{}), 0U);
  ASSERT_EQ(narrow.take({1, 2, kFrame}, Time{}), 0U);
  ASSERT_EQ(narrow.take({1, 3, kFrame}, Time{}), 0U);
  EXPECT_EQ(arrivals(narrow), (std::vector<Time>{Time{100ms}, Time{100ms}, Time{200ms}}));
}

TEST(ImpairedWire, TheQueueIsBoundedInFramesAndBytes) {
  ImpairedWire few = wire({.delay = 1s}, 1, {.frames = 3, .bytes = 10'000});
  ImpairedWire small = wire({.delay = 1s}, 1, {.frames = 100, .bytes = 250});
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(few.take(kHop, Time{}), 0U);
    EXPECT_EQ(small.take(kHop, Time{}), 0U);
  }
  EXPECT_EQ(few.held_frames(), 3U);
  EXPECT_EQ(few.stats().overflowed, 7U);
  EXPECT_EQ(small.held_frames(), 2U);
  EXPECT_EQ(arrivals(small).size(), 2U);
  EXPECT_EQ(small.take(kHop, Time{}), 0U) << "room again";
  EXPECT_EQ(small.held_frames(), 1U);
}

TEST(ImpairedWire, IslandsReachOnlyThemselves) {
  const net::MacAddress a{2, 0, 0, 0, 0, 1}, b{2, 0, 0, 0, 0, 2}, c{2, 0, 0, 0, 0, 3},
      d{2, 0, 0, 0, 0, 4};
  using Macs = std::vector<net::MacAddress>;
  ImpairedWire cut = wire({.islands = {{a, b}, {c}}});
  EXPECT_TRUE(cut.joins(Macs{a}, Macs{b}));
  EXPECT_FALSE(cut.joins(Macs{a}, Macs{c}));
  EXPECT_FALSE(cut.joins(Macs{d}, Macs{a}));
  EXPECT_FALSE(cut.joins(Macs{c}, Macs{})) << "the gateway is on the mainland";
  EXPECT_TRUE(cut.joins(Macs{d}, Macs{}));
  EXPECT_EQ(cut.stats().cut, 3U);
  cut.set({});
  EXPECT_TRUE(cut.joins(Macs{a}, Macs{c})) << "healed";
}

TEST(Impairments, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(Impairments{}.check());
  for (const Impairments &bad :
       {Impairments{.loss = 1.5}, Impairments{.loss = -0.1}, Impairments{.duplicate = 2},
        Impairments{.reorder = std::numeric_limits<double>::quiet_NaN()},
        Impairments{.delay = -1us}, Impairments{.jitter = 61s},
        Impairments{.bits_per_second = 10}}) {
    EXPECT_FALSE(bad.check());
  }
}

} // namespace
} // namespace tinyml::tender
