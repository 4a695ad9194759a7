// SPDX-License-Identifier: Apache-2.0
#include "bench/report.hpp"

#include <gmock/gmock.h>

namespace tinyml::bench {
namespace {

using testing::HasSubstr;

Figures lenet() {
  return {.of = {{.name = "mnist-lenet", .source = "mnist-lenet", .inputs = {}, .outputs = {}},
                 driver::Precision::kInt8,
                 "mps2-an385"},
          .bare = {.rom_bytes = 65'000,
                   .ram_bytes = 6'400,
                   .stack_bytes = 400,
                   .parts = {{"module code", 2'345, 0}}},
          .exec = {.rom_bytes = 68'000, .ram_bytes = 6'600, .stack_bytes = 900, .parts = {}},
          .image = ProgramFigures{.rom_bytes = 101'000,
                                  .ram_bytes = 15'000,
                                  .stack_bytes = 2'700,
                                  .parts = {{"module code", 4'321, 0}}},
          .weight_bytes = 62'000,
          .arena_bytes = 5'880,
          .stack_measured_bytes = 900,
          .instructions = 3'141'592,
          .macs = 416'520,
          .host_ns = 65'432.1};
}

TEST(Report, JsonHoldsEveryFigureUnderItsName) {
  const nlohmann::json one = to_json({lenet()}).at(0);
  EXPECT_EQ(one.at("board"), "mps2-an385");
  EXPECT_EQ(one.at("precision"), "int8");
  EXPECT_EQ(one.at("code_bytes"), 3'000);
  EXPECT_EQ(one.at("module_code_bytes"), 2'345);
  EXPECT_EQ(one.at("ram_bytes"), 6'400);
  EXPECT_EQ(one.at("static_bytes"), 120);
  EXPECT_EQ(one.at("stack_bytes"), 400);
  EXPECT_EQ(one.at("weight_bytes"), 62'000);
  EXPECT_EQ(one.at("instructions"), 3'141'592);
  EXPECT_EQ(one.at("host_ns"), 65'432);
  EXPECT_EQ(one.at("image").at("parts").at(0).at("rom_bytes"), 4'321);
}

TEST(Report, MarkdownSetsLenetBesideTheDemoOf2019) {
  const std::string text = to_markdown({lenet()}, {});
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
  const std::string text = to_markdown({}, {.peers = nullptr, .microbenchmarks = micro});
  EXPECT_THAT(text, HasSubstr("| a | 2.5 |"));
  EXPECT_THAT(text, HasSubstr("| b | 3000.0 |"));
}

TEST(Report, SetsOursBesideThePeers) {
  const auto peers = nlohmann::json::parse(R"({"provenance": "somebody's", "boards": [
      {"board": "mps2-an385", "model": "mnist-lenet", "runtime": "another", "code_bytes": 6000}],
      "host": [{"runtime": "another", "model": "mnist-lenet", "host_ns": 99000}]})");
  const std::string text = to_markdown({lenet()}, {.peers = peers, .microbenchmarks = nullptr});
  EXPECT_THAT(text, HasSubstr("| another | 6,000 (50 %) | – | – |"));
  EXPECT_THAT(text, HasSubstr("| mnist-lenet | 65.4 | another | 99.0 |"));
}

TEST(Report, TwoPercentMoreThanRecordedIsARegression) {
  const auto recorded = to_json({lenet()});
  Figures now = lenet();
  now.instructions = now.instructions * 102 / 100;
  EXPECT_THAT(regressions(recorded, to_json({now})), testing::IsEmpty());
  now.instructions = recorded.at(0).at("instructions").get<std::uint64_t>() * 103 / 100;
  now.bare.rom_bytes += 100;
  const auto found = regressions(recorded, to_json({now}));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_THAT(found[0], HasSubstr("code_bytes 3100, recorded 3000"));
  EXPECT_THAT(found[1], HasSubstr("instructions"));
  now.of.board = "another";
  EXPECT_THAT(regressions(recorded, to_json({now})), testing::IsEmpty());
}

TEST(Measure, FloatIsMeasuredForLenetOnly) {
  const Model lenet_model = lenet().of.model;
  const Model mlp = {.name = "mnist-mlp", .source = "mnist-mlp", .inputs = {}, .outputs = {}};
  const auto cases = all_cases({lenet_model, mlp}, {"one", "two"});
  ASSERT_EQ(cases.size(), 6U);
  EXPECT_EQ(cases[1].precision, driver::Precision::kFloat32);
  EXPECT_EQ(cases[2].model.name, "mnist-mlp");
  EXPECT_EQ(cases[5].board, "two");
}

TEST(Measure, MoreStackThanItsBoundIsAnError) {
  Figures figures = lenet();
  EXPECT_TRUE(check_stack(figures).ok());
  figures.stack_measured_bytes = figures.exec.stack_bytes + 1;
  const auto checked = check_stack(figures);
  ASSERT_FALSE(checked.ok());
  EXPECT_THAT(checked.error().message, HasSubstr("901"));
}

} // namespace
} // namespace tinyml::bench
