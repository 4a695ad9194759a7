// SPDX-License-Identifier: Apache-2.0
#include "bench/report.hpp"

#include <gmock/gmock.h>

namespace tinyml::bench {
namespace {

using testing::HasSubstr;

Figures lenet() {
  return {.of = {"mnist-lenet", driver::Precision::kInt8, "mps2-an385"},
          .rom_bytes = 101'000,
          .ram_bytes = 15'000,
          .weight_bytes = 62'000,
          .arena_bytes = 5'880,
          .stack_bytes = 2'700,
          .parts = {{"module code", 4'321, 0}},
          .exec_stack_bytes = 900,
          .stack_measured_bytes = 900,
          .instructions = 3'141'592,
          .host_ns = 65'432.1};
}

TEST(Report, JsonHoldsEveryFigureUnderItsName) {
  const nlohmann::json one = to_json({lenet()}).at(0);
  EXPECT_EQ(one.at("board"), "mps2-an385");
  EXPECT_EQ(one.at("precision"), "int8");
  EXPECT_EQ(one.at("code_bytes"), 39'000);
  EXPECT_EQ(one.at("weight_bytes"), 62'000);
  EXPECT_EQ(one.at("instructions"), 3'141'592);
  EXPECT_EQ(one.at("host_ns"), 65'432);
  EXPECT_EQ(one.at("parts").at(0).at("rom_bytes"), 4'321);
}

TEST(Report, MarkdownSetsLenetBesideTheDemoOf2019) {
  const std::string text = to_markdown({lenet()}, nullptr);
  EXPECT_THAT(
      text,
      HasSubstr("101,000 bytes. The image of the 2019 demo had 2,027,434, 20.1 times as many"));
  EXPECT_THAT(text, HasSubstr("## mps2-an385"));
  EXPECT_THAT(text, HasSubstr("3,141,592"));
  EXPECT_THAT(text, testing::Not(HasSubstr("Hot paths")));
}

TEST(Report, MarkdownBringsMicrobenchmarksToOneUnit) {
  const auto micro = nlohmann::json::parse(R"({"benchmarks": [
      {"name": "a", "cpu_time": 2500.0, "time_unit": "ns"},
      {"name": "b", "cpu_time": 3.0, "time_unit": "ms"}]})");
  const std::string text = to_markdown({}, micro);
  EXPECT_THAT(text, HasSubstr("| a | 2.5 |"));
  EXPECT_THAT(text, HasSubstr("| b | 3000.0 |"));
}

TEST(Measure, FloatIsMeasuredForLenetOnly) {
  const auto cases = all_cases({"mnist-lenet", "mnist-mlp"}, {"one", "two"});
  ASSERT_EQ(cases.size(), 6U);
  EXPECT_EQ(cases[1].precision, driver::Precision::kFloat32);
  EXPECT_EQ(cases[2].model, "mnist-mlp");
  EXPECT_EQ(cases[5].board, "two");
}

TEST(Measure, MoreStackThanItsBoundIsAnError) {
  Figures figures = lenet();
  EXPECT_TRUE(check_stack(figures).ok());
  figures.stack_measured_bytes = figures.exec_stack_bytes + 1;
  const auto checked = check_stack(figures);
  ASSERT_FALSE(checked.ok());
  EXPECT_THAT(checked.error().message, HasSubstr("901"));
}

} // namespace
} // namespace tinyml::bench
