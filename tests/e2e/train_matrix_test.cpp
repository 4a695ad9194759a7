// SPDX-License-Identifier: Apache-2.0
// Every barrier, strategy, coding and topology once, on real machines and little data.
#include "tests/e2e/train_stage.hpp"

#include "tender/machine/command_line.hpp"

namespace tinyml::e2e {
namespace {

using nlohmann::json;

struct Case {
  const char *name;
  const char *board;
  std::vector<std::string> arguments;
  double least_accuracy = 60;
  bool is_bulk = true; ///< each round's bytes are known
};

void PrintTo(const Case &one, std::ostream *out) { *out << one.name; }

const Case kCases[] = {
    {"edges_linux", "linux", {"--workers", "4", "--edges", "2"}},
    {"edges_scaffold_kvm", "kvm", {"--workers", "4", "--edges", "2", "--strategy", "scaffold"}, 30},
    {"ssp_kvm", "kvm", {"--barrier", "ssp:1"}, 60, false},
    {"ssp_linux", "linux", {"--barrier", "ssp:1"}, 60, false},
    {"asp_kvm", "kvm", {"--barrier", "asp"}, 60, false},
    {"psp_linux", "linux", {"--barrier", "psp:2"}, 60, false},
    {"fedprox_kvm", "kvm", {"--strategy", "fedprox"}},
    {"fedadam_linux", "linux", {"--strategy", "fedadam"}, 40},
    {"fedyogi_kvm", "kvm", {"--strategy", "fedyogi"}, 40},
    {"scaffold_kvm", "kvm", {"--strategy", "scaffold"}, 40},
    {"median_kvm", "kvm", {"--strategy", "median", "--workers", "5"}},
    {"clip_linux", "linux", {"--clip", "5"}},
    {"given_linux", "linux", {"--share", "given"}},
    {"given_kvm", "kvm", {"--share", "given"}},
    {"fp32_kvm", "kvm", {"--coding", "fp32"}},
    {"int8_linux", "linux", {"--coding", "int8"}},
    {"one_bit_kvm", "kvm", {"--coding", "1bit"}, 30},
    {"top_k_kvm", "kvm", {"--coding", "topk"}, 30},
    {"mixed_boards", "kvm,linux", {"--server-on", "linux"}},
};

class TrainMatrix : public testing::TestWithParam<Case> {
protected:
  static void SetUpTestSuite() { stage_ = new TrainStage(1500, 300); }
  static void TearDownTestSuite() { delete stage_; }
  static TrainStage *stage_;
};

TrainStage *TrainMatrix::stage_ = nullptr;

/// Each round's bytes are its own: an update up, a delta down, the same in every round.
void expect_equal_bytes(const json &rounds) {
  for (const json &round : rounds) {
    EXPECT_EQ(round["bytes_up"], rounds[0]["bytes_up"]) << round["round"];
    EXPECT_NEAR(round["bytes_down"].get<double>(), round["bytes_up"].get<double>(), 100)
        << round["round"];
  }
}

void expect_edges(const json &result) {
  ASSERT_EQ(result.at("edges").size(), 2U);
  for (const json &edge : result["edges"]) {
    EXPECT_EQ(edge.at("workers"), 2);
    EXPECT_GT(edge.at("image_bytes"), 20'000);
    EXPECT_GT(edge.at("peak_anonymous_bytes"), 4'096);
  }
  for (const json &round : result.at("rounds")) {
    ASSERT_EQ(round.at("edges").size(), 2U);
    EXPECT_EQ(round["edges"][0]["bytes_up"], round["bytes_up"]) << "one update for two workers";
  }
}

TEST_P(TrainMatrix, EndsInOrder) {
  const Case &one = GetParam();
  const std::string board = one.board;
  if (board.find("kvm") != std::string::npos && !tender::missing_hardware("kvm-x86_64").empty()) {
    GTEST_SKIP() << tender::missing_hardware("kvm-x86_64");
  }
  std::vector<std::string> arguments = {
      "mnist-mlp", "--on",    board,
      "--rounds",  "3",       "--publish",
      "none",      "--state", (stage_->folder() / one.name).string()};
  arguments.insert(arguments.end(), one.arguments.begin(), one.arguments.end());
  const host::Outcome done = stage_->train(arguments);
  ASSERT_EQ(done.exit_code, 0) << done.output << stage_->consoles(one.name);
  const json result = TrainStage::result_of(done.output);
  ASSERT_FALSE(result.at("rounds").empty());
  EXPECT_EQ(result["rounds"].back().at("round"), 3);
  EXPECT_GT(result.at("final_accuracy"), one.least_accuracy) << done.output;
  if (one.is_bulk) {
    ASSERT_EQ(result["rounds"].size(), 3U);
    expect_equal_bytes(result["rounds"]);
  }
  if (std::string(one.name).starts_with("edges")) {
    expect_edges(result);
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, TrainMatrix, testing::ValuesIn(kCases),
                         [](const auto &one) { return one.param.name; });

} // namespace
} // namespace tinyml::e2e
