// SPDX-License-Identifier: Apache-2.0
#include "bench/os/report.hpp"

#include "bench/os/first_frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace tinyml::bench_os {
namespace {

Measured example(std::uint64_t rom_bytes, std::optional<std::uint64_t> instructions) {
  return {.images = {{.board = "b",
                      .program = "base",
                      .rom_bytes = rom_bytes,
                      .rooms = {{"net", {.rom = 100, .ram = 10}}}}},
          .boots = {{"b", instructions, std::nullopt}},
          .hosts = {{.board = "b", .first_frame_ms = 1.5, .private_bytes = 1 << 20}},
          .kvm = "kvm_x"};
}

TEST(BenchOsReport, ComparesWhatIsExact) {
  const auto recorded = to_json(example(1000, 5000));
  EXPECT_TRUE(regressions(recorded, to_json(example(1020, 5100))).empty());
  EXPECT_TRUE(regressions(recorded, to_json(example(900, std::nullopt))).empty());
  EXPECT_THAT(regressions(recorded, to_json(example(1021, 5000))),
              testing::ElementsAre("b base: rom_bytes 1021, recorded 1000 (+2.1 %)"));
  EXPECT_THAT(regressions(recorded, to_json(example(1000, 5200))),
              testing::ElementsAre("b : bare_instructions 5200, recorded 5000 (+4.0 %)"));
}

TEST(BenchOsReport, PassesOverWhatOnlyOneHas) {
  auto other = example(9999, 9999);
  other.images[0].board = other.boots[0].board = "c";
  EXPECT_TRUE(regressions(to_json(example(1, 1)), to_json(other)).empty());
  EXPECT_TRUE(regressions(nlohmann::json::object(), to_json(other)).empty());
}

TEST(BenchOsReport, RecordsSomeBoardsAnew) {
  auto other = example(2000, 7000);
  other.images[0].board = other.boots[0].board = "c";
  other.hosts.clear();
  const auto both = merged(to_json(example(1000, 5000)), to_json(other));
  EXPECT_EQ(both.at("images").size(), 2U);
  EXPECT_EQ(both.at("hosts").size(), 1U);
  const auto again = merged(both, to_json(example(900, 4000)));
  EXPECT_EQ(again.at("boots").size(), 2U);
  EXPECT_EQ(again.at("images")[0].at("rom_bytes"), 900);
  EXPECT_EQ(again.at("images")[1].at("rom_bytes"), 2000);
}

TEST(BenchOsReport, ShowsOursBesideOthers) {
  const auto anchors = nlohmann::json::parse(
      R"([{"figure": "F", "unit": "ms", "ours": {"board": "b", "key": "first_frame_ms"},
           "others": [{"who": "them", "value": 11.0}]}])");
  const std::string text = to_markdown(to_json(example(43210, 5000)), anchors);
  EXPECT_THAT(text, testing::HasSubstr("| F | ms | 1.5 | them 11.0 |"));
  EXPECT_THAT(text, testing::HasSubstr("| b | base | 43,210 |"));
  EXPECT_THAT(text, testing::HasSubstr("| b | 5,000 | – |"));
  EXPECT_THAT(text, testing::HasSubstr("KVM modules: kvm_x"));
}

TEST(BenchOsReport, ReadsTheFirstPacketOfACapture) {
  std::vector<std::uint8_t> capture(24 + 16, 0);
  capture[24] = 2; // seconds
  capture[28] = 7; // microseconds
  EXPECT_EQ(first_packet_us(capture), 2'000'007U);
  capture.pop_back();
  EXPECT_EQ(first_packet_us(capture), std::nullopt);
}

TEST(BenchOsReport, WeighsAProcess) {
  EXPECT_GT(private_bytes_of(::getpid()), 100'000U);
  EXPECT_EQ(private_bytes_of(-1), 0U);
}

} // namespace
} // namespace tinyml::bench_os
