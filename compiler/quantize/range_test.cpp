// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/quantize.hpp"
#include "compiler/quantize/range.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace tinyml::quantize {
namespace {

using ::testing::HasSubstr;

RealRange chosen(const Statistics &statistics, const std::string &method) {
  const auto choice = parse_range_choice(method);
  EXPECT_TRUE(choice.ok()) << choice.error().message;
  return choose_range(statistics, *choice);
}

/// Squared error of int8 on the numbers themselves, by the definition.
double error_of(const std::vector<float> &numbers, RealRange range) {
  const ir::Quantization q = quantization_for(range.low, range.high);
  double sum = 0;
  for (const float number : numbers) {
    const float code = std::clamp(
        std::round(number / q.scales[0]) + static_cast<float>(q.zero_points[0]), -128.0F, 127.0F);
    const float back = (code - static_cast<float>(q.zero_points[0])) * q.scales[0];
    sum += static_cast<double>((number - back) * (number - back));
  }
  return sum;
}

std::vector<float> bell(std::size_t count) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> numbers(count);
  std::generate(numbers.begin(), numbers.end(), [&] { return normal(random); });
  return numbers;
}

TEST(Range, MinMaxIsWhatWasSeenWithZero) {
  Statistics s;
  s.add(std::vector<float>{2, 3});
  s.add(std::vector<float>{5, 4});
  EXPECT_EQ(chosen(s, "min-max").low, 0);
  EXPECT_EQ(chosen(s, "min-max").high, 5);
}

TEST(Range, PercentileLeavesOutTheRarestAtEachEnd) {
  Statistics s;
  std::vector<float> numbers(100000);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = static_cast<float>(i % 1000) / 1000;
  }
  numbers[5] = 100;
  numbers[6] = -70;
  s.add(numbers);
  EXPECT_LT(chosen(s, "percentile:99.9").high, 1.2);
  EXPECT_EQ(chosen(s, "percentile:99.9").low, 0);
  EXPECT_NEAR(chosen(s, "percentile:90").high, 0.9, 0.03);
  EXPECT_EQ(chosen(s, "percentile:100").high, 100);
  EXPECT_EQ(chosen(s, "percentile:100").low, -70);
}

TEST(Range, MseIsTheClippingOfLeastError) {
  const std::vector<float> numbers = bell(40000);
  Statistics s;
  s.add(numbers);
  const RealRange best = chosen(s, "mse");
  const RealRange all = chosen(s, "min-max");
  EXPECT_LT(error_of(numbers, best), 0.95 * error_of(numbers, all));
  for (double part = 0.3; part < 1; part += 0.01) {
    EXPECT_GT(error_of(numbers, {all.low * part, all.high * part}), 0.98 * error_of(numbers, best))
        << part;
  }
}

TEST(Range, MseKeepsNumbersThatInt8HoldsExactly) {
  std::vector<float> pixels;
  for (int i = 0; i < 5000; ++i) {
    pixels.push_back(static_cast<float>(i * i % 256) / 255);
  }
  pixels.push_back(1);
  Statistics s;
  s.add(pixels);
  EXPECT_EQ(chosen(s, "mse").high, 1);
}

TEST(Range, GrowsWithoutForgetting) {
  std::vector<float> numbers = bell(2000);
  Statistics at_once;
  at_once.add(numbers);
  Statistics growing;
  std::sort(numbers.begin(), numbers.end(),
            [](float a, float b) { return std::abs(a) < std::abs(b); });
  for (const float number : numbers) {
    growing.add({&number, 1});
  }
  EXPECT_EQ(growing.count(), at_once.count());
  EXPECT_EQ(growing.low(), at_once.low());
  EXPECT_NEAR(chosen(growing, "percentile:99").high, chosen(at_once, "percentile:99").high, 0.01);
  EXPECT_LE(growing.filled_bins().size(), 2 * Statistics::kBinsPerSide);
}

TEST(Range, SurvivesTheExtremes) {
  Statistics s;
  s.add(std::vector<float>{0, 0, 0});
  EXPECT_EQ(chosen(s, "mse").high, 0);
  s.add(std::vector<float>{1e-38F, -3e38F, 3e38F, 1});
  EXPECT_TRUE(s.is_finite());
  EXPECT_GT(chosen(s, "mse").high, 1e38);
  EXPECT_EQ(s.count(), 7U);
  s.add(std::vector<float>{INFINITY});
  EXPECT_FALSE(s.is_finite());
  EXPECT_EQ(choose_range(Statistics{}, {}).high, 0);
}

TEST(Range, MethodsHaveNames) {
  for (const char *name : {"min-max", "mse", "percentile:99.9"}) {
    EXPECT_EQ(name_of(*parse_range_choice(name)), name);
  }
  EXPECT_EQ(name_of(*parse_range_choice("percentile")), "percentile:99.99");
  for (const char *wrong : {"", "max", "percentile:", "percentile:50", "percentile:101",
                            "percentile:nan", "percentile:99x"}) {
    EXPECT_THAT(parse_range_choice(wrong).error().message, HasSubstr("there are: min-max, mse"));
  }
}

} // namespace
} // namespace tinyml::quantize
