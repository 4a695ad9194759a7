// SPDX-License-Identifier: Apache-2.0
// Runs in which something goes wrong end within 0.3 points of the one in which nothing does.
#include "tests/e2e/train_stage.hpp"

#include "protocol/training/shard.hpp"
#include "training/run/coap_client.hpp"

#include <charconv>
#include <limits>

namespace tinyml::e2e {
namespace {

using nlohmann::json;

constexpr double kMostPoints = 0.3;

class TrainFaults : public testing::Test {
protected:
  static void SetUpTestSuite() {
    stage_ = new TrainStage(5000, 3000);
    baseline_ = finish(*start("calm"), "calm");
    EXPECT_GT(baseline_, 90);
  }
  static void TearDownTestSuite() { delete stage_; }

  static std::unique_ptr<host::Child> start(const std::string &run,
                                            const std::vector<std::string> &more = {},
                                            const std::string &rounds = "10") {
    std::vector<std::string> arguments = {
        "mnist-mlp", "--on",     "linux",   "--workers",
        "4",         "--rounds", rounds,    "--local-epochs",
        "2",         "--lost",   "4",       "--keep",
        "--publish", "none",     "--state", (stage_->folder() / run).string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return stage_->start_train(arguments, run + ".log");
  }

  /// The shard's values get a scale that makes them huge; its header stays a good one. Bytes of a
  /// store's file are inverted, so that a hole in it reads as erased flash.
  static bool poison(const std::filesystem::path &store) {
    std::fstream file(store, std::ios::binary | std::ios::in | std::ios::out);
    std::array<std::uint8_t, training::kShardHeaderBytes> bytes{};
    constexpr std::streamoff kStep = 4096; // user data begin with a sector
    for (std::streamoff at = 0; file.seekg(at); at += kStep) {
      if (!file.read(reinterpret_cast<char *>(bytes.data()), bytes.size())) {
        return false;
      }
      invert(bytes);
      if (auto header = training::decode_shard(bytes); header.ok()) {
        header->scale = 3e38F; // times a byte it is infinite, and infinity times nothing is NaN
        training::encode(*header, bytes);
        invert(bytes);
        file.seekp(at);
        file.write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
        return bool(file.flush());
      }
    }
    return false;
  }

  static void invert(std::span<std::uint8_t> bytes) {
    for (std::uint8_t &byte : bytes) {
      byte = static_cast<std::uint8_t>(~byte);
    }
  }

  /// The run's final accuracy.
  static double finish(host::Child &child, const std::string &run) {
    EXPECT_TRUE(
        Stage::eventually([&] { return child.ended().has_value(); }, std::chrono::minutes(4)));
    EXPECT_EQ(child.ended().value_or(-1), 0) << stage_->log(run + ".log") << stage_->consoles(run);
    const json result = TrainStage::result_of(stage_->log(run + ".log"));
    return result.is_object() ? result.value("final_accuracy", 0.0) : 0;
  }

  void expect_as_good(host::Child &child, const std::string &run) {
    EXPECT_GT(finish(child, run), baseline_ - kMostPoints) << stage_->log(run + ".log");
  }

  static coordinator::CoapResponse put_update(const std::string &run, int worker,
                                              std::vector<std::uint8_t> payload) {
    const std::string address = stage_->address_of(run, "server");
    std::uint16_t port = 0;
    const char *digits = address.data() + address.find(':') + 1;
    (void)std::from_chars(digits, address.data() + address.size(), port);
    coordinator::CoapClient client(*coordinator::open_loopback_link(), 99);
    const auto answer = client.ask({.to = {net::Ipv4Address::of(127, 0, 0, 1), port},
                                    .method = coap::Code::kPut,
                                    .path = "train/update",
                                    .queries = {"w=" + std::to_string(worker)},
                                    .payload = std::move(payload)});
    EXPECT_TRUE(answer.ok()) << answer.error().message;
    return answer.ok() ? *answer : coordinator::CoapResponse{};
  }

  static TrainStage *stage_;
  static double baseline_;
};

TrainStage *TrainFaults::stage_ = nullptr;
double TrainFaults::baseline_ = 0;

TEST_F(TrainFaults, AWorkerDiesAndIsThereAgain) {
  auto child = start("killed");
  for (const unsigned round : {1U, 3U, 5U}) {
    ASSERT_TRUE(stage_->reaches_round("killed", round));
    const pid_t worker = stage_->process_of("killed", "worker-" + std::to_string(round % 4 + 1));
    ASSERT_GT(worker, 0);
    ::kill(worker, SIGKILL);
  }
  expect_as_good(*child, "killed");
}

TEST_F(TrainFaults, AWorkerHangsAndGoesOnLater) {
  auto child = start("hung");
  ASSERT_TRUE(stage_->reaches_round("hung", 2));
  const pid_t launcher = stage_->process_of("hung", "worker-2");
  ASSERT_GT(launcher, 0);
  ::kill(-launcher, SIGSTOP); // the machine has a process group of its own
  ASSERT_TRUE(stage_->reaches_round("hung", 5)) << "the others go on";
  ::kill(-launcher, SIGCONT);
  expect_as_good(*child, "hung");
}

TEST_F(TrainFaults, AWorkerThatHangsForGoodIsStartedAgain) {
  auto child = start("stuck", {}, "60"); // not over before it is noticed
  ASSERT_TRUE(stage_->reaches_round("stuck", 2));
  const pid_t launcher = stage_->process_of("stuck", "worker-2");
  ASSERT_GT(launcher, 0);
  ::kill(-launcher, SIGSTOP);
  EXPECT_TRUE(Stage::eventually(
      [&] {
        const pid_t now = stage_->process_of("stuck", "worker-2");
        return now > 0 && now != launcher;
      },
      std::chrono::minutes(2)))
      << stage_->log("stuck.log");
  expect_as_good(*child, "stuck");
  const json result = TrainStage::result_of(stage_->log("stuck.log"));
  EXPECT_GE(result["workers"][1].value("restarts", 0), 1);
}

/// Its samples become so large that no training survives them: it sends NaN in every round.
TEST_F(TrainFaults, AWorkerThatDivergesIsRefusedAndTheRunGoesOn) {
  auto child = start("poisoned");
  ASSERT_TRUE(stage_->reaches_round("poisoned", 2));
  ASSERT_TRUE(poison(stage_->folder() / "poisoned" / "worker-3" / "store.bin"));
  ::kill(stage_->process_of("poisoned", "worker-3"), SIGKILL);
  expect_as_good(*child, "poisoned");
  const json result = TrainStage::result_of(stage_->log("poisoned.log"));
  EXPECT_GE(result["rounds"].back()["workers"][2].value("refused", 0), 2)
      << "and the server counts";
  EXPECT_NE(stage_->log("poisoned/worker-3/console.log").find("finite"), std::string::npos);
}

TEST_F(TrainFaults, AnEdgeAggregatorIsKilled) {
  auto child = start("edges", {"--edges", "2"});
  for (const unsigned round : {2U, 5U}) {
    ASSERT_TRUE(stage_->reaches_round("edges", round));
    const pid_t edge = stage_->process_of("edges", "edge-1");
    ASSERT_GT(edge, 0);
    ::kill(edge, SIGKILL);
  }
  expect_as_good(*child, "edges");
}

TEST_F(TrainFaults, TheServerIsKilledInMidRun) {
  auto child = start("server");
  for (const unsigned round : {2U, 6U}) {
    ASSERT_TRUE(stage_->reaches_round("server", round));
    const pid_t server = stage_->process_of("server", "server");
    ASSERT_GT(server, 0);
    ::kill(server, SIGKILL);
  }
  expect_as_good(*child, "server");
}

TEST_F(TrainFaults, GarbageAndNotANumberAreRefused) {
  auto child = start("garbage");
  ASSERT_TRUE(stage_->reaches_round("garbage", 2));
  std::vector<std::uint8_t> noise(5000);
  for (std::size_t i = 0; i < noise.size(); ++i) {
    noise[i] = static_cast<std::uint8_t>(i * 2654435761U >> 13U);
  }
  EXPECT_FALSE(put_update("garbage", 1, noise).good());
  EXPECT_FALSE(put_update("garbage", 1, {1, 6, 0}).good());
  EXPECT_FALSE(put_update("garbage", 99, noise).good());
  expect_as_good(*child, "garbage");
}

TEST_F(TrainFaults, TheCoordinatorIsKilledAndResumed) {
  const std::string state = (stage_->folder() / "resumed").string();
  {
    auto child = start("resumed");
    ASSERT_TRUE(stage_->reaches_round("resumed", 4));
    ::kill(child->pid(), SIGKILL);
  }
  auto child =
      stage_->start_train({"--resume", "--publish", "none", "--state", state}, "resumed.log");
  expect_as_good(*child, "resumed");
}

} // namespace
} // namespace tinyml::e2e
