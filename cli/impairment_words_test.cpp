// SPDX-License-Identifier: Apache-2.0
#include "cli/impairment_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyml::cli {
namespace {

using namespace std::chrono_literals;

TEST(ImpairmentWords, ReadsPartsTimesAndRates) {
  EXPECT_DOUBLE_EQ(*parse_part("--loss", "2%"), 0.02);
  EXPECT_DOUBLE_EQ(*parse_part("--loss", "0.5"), 0.5);
  EXPECT_EQ(*parse_time("--delay", "20ms"), 20ms);
  EXPECT_EQ(*parse_time("--delay", "500us"), 500us);
  EXPECT_EQ(*parse_time("--delay", "1.5s"), 1500ms);
  EXPECT_EQ(*parse_rate("--rate", "250kbit"), 250'000U);
  EXPECT_EQ(*parse_rate("--rate", "1Mbit"), 1'000'000U);
  EXPECT_EQ(*parse_rate("--rate", "0"), 0U);
}

TEST(ImpairmentWords, RefusesOtherWordsNamingTheFlag) {
  for (const char *bad : {"", "x", "-1%", "2 %", "2%%", "nan", "inf", "1e999", "0x10%"}) {
    EXPECT_FALSE(parse_part("--loss", bad)) << bad;
  }
  for (const char *bad : {"20", "ms", "-5ms", "20m", "20 ms", "1h"}) {
    const auto refused = parse_time("--delay", bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_THAT(refused.error().message, testing::HasSubstr("--delay"));
  }
  EXPECT_FALSE(parse_rate("--rate", "fast"));
}

TEST(ImpairmentWords, ChangesOnlyWhatIsNamedUnlessToldToClear) {
  tender::Impairments before{.loss = 0.1, .delay = 5ms};
  before.islands.push_back({net::MacAddress{2}});
  const auto changed = ImpairmentWords{.delay = "7ms"}.apply_to(before);
  ASSERT_TRUE(changed);
  EXPECT_DOUBLE_EQ(changed->loss, 0.1);
  EXPECT_EQ(changed->delay, 7ms);
  EXPECT_EQ(changed->islands.size(), 1U);
  const auto cleared = ImpairmentWords{.loss = "1%", .clear = true}.apply_to(before);
  ASSERT_TRUE(cleared);
  EXPECT_DOUBLE_EQ(cleared->loss, 0.01);
  EXPECT_EQ(cleared->delay, 0ms);
  EXPECT_TRUE(cleared->islands.empty());
  EXPECT_FALSE(ImpairmentWords{.loss = "200%"}.apply_to(before));
  EXPECT_FALSE(ImpairmentWords{.delay = "2000000s"}.apply_to(before));
}

TEST(ImpairmentWords, PassThroughJson) {
  const ImpairmentWords words{.loss = "2%", .rate = "1Mbit", .clear = true};
  const ImpairmentWords back = ImpairmentWords::from_json(words.to_json());
  EXPECT_EQ(back.loss, "2%");
  EXPECT_EQ(back.rate, "1Mbit");
  EXPECT_TRUE(back.clear);
  EXPECT_EQ(back.delay, "");
}

} // namespace
} // namespace tinyml::cli
