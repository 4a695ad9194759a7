// SPDX-License-Identifier: Apache-2.0
// One application on every board that takes deliveries: the same order, the same inputs, the host's
// bytes.
#include "compiler/link/kit.hpp"
#include "tender/machine/command_line.hpp"
#include "tests/e2e/stage.hpp"

namespace tinyml::e2e {
namespace {

constexpr int kInputs = 1000;
constexpr std::chrono::minutes kSlowestBoard(15);

/// Boards that can be started here and whose kit has a program to deliver.
std::vector<std::string> delivering_boards() {
  std::vector<std::string> boards;
  for (const std::string &board : tender::known_boards()) {
    const auto kit = link::load_kit(std::filesystem::path(TINYML_KITS_DIR) / board);
    if (kit.ok() && kit->programs.contains("inference")) {
      boards.push_back(board);
    }
  }
  return boards;
}

/// 16 KB of RAM do not hold the other model's activations.
std::string model_for(const std::string &board) {
  return board == "microbit" ? "mnist-lenet" : "mnist-dscnn";
}

class EveryBoard : public testing::TestWithParam<std::string> {};

TEST_P(EveryBoard, TakesTheSameOrderAndGivesTheHostsBytes) {
  Stage stage;
  stage.start_service();
  stage.start_device(GetParam(), "dev");
  const host::Outcome ordered = stage.tinyml({"order", model_for(GetParam()), "--device", "dev"});
  ASSERT_EQ(ordered.exit_code, 0) << ordered.output << stage.log("dev.log")
                                  << stage.log("service.log");
  const host::Outcome verified = stage.tinyml(
      {"verify", "dev", "--data", "drawn", "--count", std::to_string(kInputs), "--json"},
      kSlowestBoard);
  ASSERT_EQ(verified.exit_code, 0) << verified.output;
  const auto proof = nlohmann::json::parse(verified.output);
  EXPECT_EQ(proof.at("equal"), kInputs);
  EXPECT_EQ(proof.at("total"), kInputs);
}

INSTANTIATE_TEST_SUITE_P(On, EveryBoard, testing::ValuesIn(delivering_boards()),
                         [](const auto &board) {
                           std::string name = board.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

} // namespace
} // namespace tinyml::e2e
