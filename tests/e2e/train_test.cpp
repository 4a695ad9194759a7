// SPDX-License-Identifier: Apache-2.0
// A training run as people start it: workers and parameter server as real machines, small data.
#include "tests/e2e/train_stage.hpp"

namespace tinyml::e2e {
namespace {

using nlohmann::json;

class Train : public testing::Test {
protected:
  TrainStage stage;
};

TEST_F(Train, LearnsOnLinuxAndLeavesAModelInTheZoo) {
  const host::Outcome done =
      stage.train({"mnist-mlp", "--on", "linux", "--workers", "3", "--rounds", "2", "--coding",
                   "int4", "--seed", "3", "--svg", (stage.folder() / "curves.svg").string(),
                   "--publish", "my-digits", "--state", (stage.folder() / "run").string()});
  ASSERT_EQ(done.exit_code, 0) << done.output << stage.consoles("run");
  const json result = TrainStage::result_of(done.output);
  ASSERT_EQ(result.at("rounds").size(), 2U);
  EXPECT_LT(result.at("initial_accuracy"), 40);
  EXPECT_GT(result.at("final_accuracy"), 70) << done.output;
  EXPECT_EQ(result["rounds"][1]["accuracy"], result["final_accuracy"]);
  ASSERT_EQ(result.at("workers").size(), 3U);
  for (const json &worker : result["workers"]) {
    EXPECT_EQ(worker.at("board"), "linux");
    EXPECT_GT(worker.at("image_bytes"), 20'000);
    EXPECT_GT(worker.at("guest_memory_bytes"), 10'000);
    EXPECT_GT(worker.at("peak_anonymous_bytes"), 4'096);
    EXPECT_GE(worker.at("samples_per_cpu_second"), 0);
  }
  const auto svg = host::read_text(stage.folder() / "curves.svg");
  ASSERT_TRUE(svg.ok());
  EXPECT_TRUE(svg->starts_with("<svg "));
  EXPECT_TRUE(std::filesystem::exists(stage.home() / "zoo" / "my-digits.onnx"));
  EXPECT_FALSE(std::filesystem::exists(stage.folder() / "run" / "worker-1"))
      << "the machines' stores go when a run is done";
}

TEST_F(Train, GoesOnAfterItsMachinesAndItselfWereKilled) {
  const std::string state = (stage.folder() / "run").string();
  auto child = stage.start_train({"mnist-mlp", "--on", "linux", "--workers", "2", "--rounds", "6",
                                  "--publish", "digits", "--state", state},
                                 "first.log");
  ASSERT_TRUE(stage.reaches_round("run", 2)) << stage.log("first.log");
  ::kill(stage.process_of("run", "worker-1"), SIGKILL);
  ASSERT_TRUE(stage.reaches_round("run", 3)) << stage.log("first.log");
  const pid_t server = stage.process_of("run", "server");
  ::kill(child->pid(), SIGKILL);
  EXPECT_TRUE(Stage::eventually([&] { return ::kill(server, 0) != 0; })) << "no orphans";
  const host::Outcome other = stage.train({"--resume", "--seed", "9", "--state", state});
  EXPECT_EQ(other.exit_code, 4) << other.output;
  EXPECT_NE(other.output.find("begun: with --seed 1, not 9"), std::string::npos) << other.output;
  const host::Outcome done = stage.train({"--resume", "--rounds", "6", "--state", state});
  ASSERT_EQ(done.exit_code, 0) << done.output << stage.consoles("run");
  const json result = TrainStage::result_of(done.output);
  EXPECT_EQ(result.at("rounds").back().at("round"), 6);
  EXPECT_GT(result.at("final_accuracy"), 75);
  EXPECT_EQ(result.at("published"), "digits") << "as the killed program was told";
  EXPECT_EQ(stage.train({"--resume", "--state", state}).exit_code, 4) << "it is finished";
}

TEST_F(Train, StopsInOrderAndSaysHowToGoOn) {
  const std::string state = (stage.folder() / "run").string();
  auto child = stage.start_train({"mnist-mlp", "--on", "linux", "--workers", "2", "--rounds", "500",
                                  "--publish", "none", "--state", state},
                                 "first.log");
  ASSERT_TRUE(stage.reaches_round("run", 1)) << stage.log("first.log");
  const pid_t worker = stage.process_of("run", "worker-2");
  ::kill(child->pid(), SIGINT);
  EXPECT_TRUE(Stage::eventually([&] { return child->ended().has_value(); }));
  EXPECT_NE(stage.log("first.log").find("--resume --state " + state), std::string::npos)
      << stage.log("first.log");
  EXPECT_NE(::kill(worker, 0), 0) << "no orphans";
}

TEST_F(Train, RefusesWhatCannotWorkAndSaysWhatWould) {
  const auto refused = [&](std::vector<std::string> arguments, int code, const std::string &word) {
    const host::Outcome done = stage.train(std::move(arguments));
    EXPECT_EQ(done.exit_code, code) << done.output;
    EXPECT_NE(done.output.find(word), std::string::npos) << done.output;
  };
  refused({}, 2, "name a model");
  refused({"no-such-model", "--on", "linux"}, 3, "mnist-lenet");
  refused({"mnist-mlp", "--on", "esp32"}, 3, "no board 'esp32'");
  refused({"mnist-mlp", "--on", "linux", "--data", "/no/such/folder"}, 3, "/no/such/folder");
  refused({"mnist-mlp", "--on", "linux", "--split", "halves"}, 2, "halves");
  refused({"mnist-mlp", "--on", "linux", "--strategy", "hope"}, 2, "fedavg");
  refused({"mnist-mlp", "--on", "linux", "--workers", "40", "--split", "disjoint"}, 2, "label");
  refused({"mnist-mlp", "--on", "linux", "--server-on", "mps2-an386"}, 2, "--server-on");
  refused({"--resume", "--state", (stage.folder() / "nothing").string()}, 3, "no training run");
  refused({"mnist-mlp", "--workers", "0"}, 2, "at least 1");
  refused({"mnist-mlp", "--on", "mps2-an385"}, 7, "virt-rv32");
  refused({"mnist-mlp", "--on", "linux", "--publish", "mnist-mlp"}, 4, "comes with");
  refused({"mnist-mlp", "--on", "linux", "--publish", "../evil"}, 2, "no model's name");
  refused({"mnist-mlp", "--on", "linux", "--svg", "/no/such/folder/x.svg"}, 2, "no such folder");
  refused({"mnist-mlp", "--on", "linux", "--state", stage.folder().string()}, 4, "not empty");
  std::error_code error;
  EXPECT_TRUE(std::filesystem::is_empty(stage.home() / "training", error))
      << "a run that never began leaves nothing behind";
}

} // namespace
} // namespace tinyml::e2e
