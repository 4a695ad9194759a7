// SPDX-License-Identifier: Apache-2.0
// Whole training runs: the real server and real workers, on a network that is not kind to them.
#include "device/worker/test_site.hpp"

#include <gtest/gtest.h>
#include <iostream>

namespace tinyml {
void hal::console_write(std::string_view text) {
  if (std::getenv("TINYML_TEST_TALK") != nullptr) {
    std::cout << text;
  }
}
} // namespace tinyml

namespace tinyml::device {
namespace {

using training::WorkerPhase;

constexpr hal::StoreInfo kStore{2U << 20, 4096, 16};
constexpr std::uint32_t kRun = 77;

struct Plan {
  std::size_t workers = 3;
  training::RunSettings settings{};
  module::TrainingCorrection correction = module::TrainingCorrection::kNone;
  coap::testing::Weather weather = {.max_delay_ms = 3};
  hal::StoreInfo store = kStore;
  bool disjoint = false;
  std::uint32_t batch = 8;
  std::size_t poisoned = 999; ///< whose samples no training survives
};

class TestRun {
public:
  explicit TestRun(const Plan &wanted)
      : plan(wanted), site(wanted.store, module(), wanted.workers, wanted.weather) {
    training::RunSettings &settings = plan.settings;
    const module::TrainingInfo info = module().training();
    settings.run_id = kRun;
    std::copy_n(info.model_fingerprint, 8, settings.model.begin());
    settings.parameter_count = info.parameter_count;
    settings.learned_count = info.learned_count;
    settings.rounds = settings.rounds == 0 ? std::uint16_t{5} : settings.rounds;
    settings.workers = static_cast<std::uint16_t>(plan.workers);
    settings.rate = settings.rate == 0 ? 0.2F : settings.rate;
    settings.lost_ms = 20'000;
    settings.poll_ms = 20;
    settings.seed = 3;
    if (settings.strategy == training::Strategy::kFedProx) {
      settings.proximal = 0.1F;
    }
  }

  void give_data() {
    for (std::size_t i = 0; i < plan.workers; ++i) {
      EXPECT_EQ(site.ask(*site.workers[i], coap::Code::kPut, "train/data", shard(i)).code,
                coap::Code::kChanged);
    }
  }
  void begin_run() {
    std::uint8_t bytes[training::kRunSettingsBytes];
    const std::size_t size = training::encode(plan.settings, bytes);
    const Reply run = site.ask(site.server, coap::Code::kPut, "train/run", ByteView(bytes, size));
    EXPECT_EQ(run.code, coap::Code::kChanged) << std::string(run.body.begin(), run.body.end());
    const std::vector<float> model(plan.settings.parameter_count);
    EXPECT_EQ(
        site.ask(site.server, coap::Code::kPut, "train/model",
                 ByteView(reinterpret_cast<const std::uint8_t *>(model.data()), model.size() * 4))
            .code,
        coap::Code::kChanged);
  }
  void order(std::size_t index) {
    training::JoinOrder order;
    order.run_id = kRun;
    order.server = {{10, 77, 0, 2}, 5683};
    order.index = static_cast<std::uint16_t>(index);
    std::uint8_t bytes[training::JoinOrder::kBytes];
    training::encode(order, bytes);
    EXPECT_EQ(site.ask(*site.workers[index], coap::Code::kPut, "train/join", bytes).code,
              coap::Code::kChanged);
  }
  void begin() {
    give_data();
    begin_run();
    for (std::size_t i = 0; i < plan.workers; ++i) {
      order(i);
    }
  }
  bool finish(coap::Millis for_ms = 3'600'000) {
    return site.run_until(
        [&] {
          return std::all_of(site.workers.begin(), site.workers.end(), [](const auto &worker) {
            return !worker->program || worker->program->status().phase == WorkerPhase::kDone;
          });
        },
        for_ms);
  }

  std::vector<float> model() {
    const Reply reply = site.ask(site.server, coap::Code::kGet, "train/model");
    std::vector<float> values(reply.body.size() / 4);
    std::memcpy(values.data(), reply.body.data(), reply.body.size());
    return values;
  }
  training::RunStatus server_status() {
    const Reply reply = site.ask(site.server, coap::Code::kGet, "train/status");
    return *training::decode<training::RunStatus>(
        ByteView(reply.body).first(training::RunStatus::kBytes));
  }
  /// Of the server's model, on samples that nobody trained on.
  float accuracy() {
    const std::vector<float> values = model();
    const MadeUpData data{.training_samples = 400, .test_samples = 0, .seed = 999};
    const auto bytes = made_up_shard(data);
    unsigned right = 0;
    for (unsigned n = 0; n < 400; ++n) {
      const std::uint8_t *record = bytes.data() + 64 + n * 20;
      unsigned best = 0;
      float best_score = -1e9F;
      for (unsigned k = 0; k < 4; ++k) {
        float score = values[64 + k];
        for (unsigned i = 0; i < 16; ++i) {
          score += values[k * 16 + i] * static_cast<float>(record[i]) / 128;
        }
        if (score > best_score) {
          best_score = score;
          best = k;
        }
      }
      right += best == record[16] ? 1 : 0;
    }
    return static_cast<float>(right) / 400;
  }

  [[nodiscard]] SoftmaxStep module() const {
    return {16, 4, plan.batch, plan.correction,
            plan.settings.strategy == training::Strategy::kFedProx ? 0.1F : 0.0F};
  }
  [[nodiscard]] std::vector<std::uint8_t> shard(std::size_t index) const {
    MadeUpData data{.seed = static_cast<std::uint32_t>(index) + 1};
    data.scale = index == plan.poisoned ? 1e30F : data.scale;
    if (plan.disjoint) {
      data.only = {static_cast<unsigned>(index % 4)};
    }
    return made_up_shard(data);
  }

  Plan plan;
  TrainingSite site;
};

Plan with(training::Coding update, training::Coding delta) {
  Plan plan;
  plan.settings.update_coding = static_cast<std::uint8_t>(update);
  plan.settings.delta_coding = static_cast<std::uint8_t>(delta);
  return plan;
}

TEST(WorkerRun, LearnsTogetherAndEndsWithTheSameModelEverywhere) {
  TestRun run(Plan{});
  run.begin();
  ASSERT_TRUE(run.finish());
  EXPECT_GE(run.accuracy(), 0.9F);
  const auto status = run.site.status(0);
  EXPECT_EQ(status.updates, 5U);
  EXPECT_EQ(status.refused, 0U);
  EXPECT_EQ(status.version, run.server_status().version);
  EXPECT_GE(status.accuracy_after, 0.8F);
  EXPECT_EQ(status.trained_samples, 5U * 120);
  EXPECT_EQ(run.server_status().state, training::RunState::kDone);
}

TEST(WorkerRun, LearnsWithEveryCoding) {
  using enum training::Coding;
  for (const auto coding : {kInt8, kInt4, kOneBit, kTopK}) {
    Plan plan = with(coding, coding);
    plan.settings.rounds = 12;
    TestRun run(plan);
    run.begin();
    ASSERT_TRUE(run.finish());
    EXPECT_GE(run.accuracy(), 0.85F) << training::coding_name(coding);
  }
}

TEST(WorkerRun, EndsTheSameWhateverTheNetworkDoes) {
  Plan plan = with(training::Coding::kInt4, training::Coding::kInt4);
  TestRun quiet(plan);
  quiet.begin();
  ASSERT_TRUE(quiet.finish());
  plan.weather = {.loss_percent = 10, .duplicate_percent = 10, .max_delay_ms = 40};
  TestRun rough(plan);
  rough.begin();
  ASSERT_TRUE(rough.finish());
  EXPECT_EQ(quiet.model(), rough.model());
}

TEST(WorkerRun, LearnsFromLargeSectorsToo) {
  Plan plan;
  plan.store = {4U << 20, 65536, 4};
  TestRun run(plan);
  run.begin();
  ASSERT_TRUE(run.finish());
  EXPECT_GE(run.accuracy(), 0.9F);
}

TEST(WorkerRun, CorrectionsHelpWhereEachKnowsOneClass) {
  Plan plan;
  plan.workers = 4;
  plan.disjoint = true;
  plan.settings.rounds = 15;
  plan.settings.strategy = training::Strategy::kScaffold;
  plan.correction = module::TrainingCorrection::kControl;
  TestRun scaffold(plan);
  scaffold.begin();
  ASSERT_TRUE(scaffold.finish());
  EXPECT_GE(scaffold.accuracy(), 0.85F);
  plan.settings.strategy = training::Strategy::kFedProx;
  plan.correction = module::TrainingCorrection::kAnchor;
  TestRun proximal(plan);
  proximal.begin();
  ASSERT_TRUE(proximal.finish());
  EXPECT_GE(proximal.accuracy(), 0.8F);
}

TEST(WorkerRun, CalibratedLabelsKeepWhatAWorkerHasNoSamplesOf) {
  Plan plan;
  plan.workers = 4;
  plan.disjoint = true;
  plan.settings.rounds = 4;
  plan.settings.rate = 0.5F;
  float accuracy[2] = {};
  for (const float strength : {0.0F, 0.7F}) {
    plan.settings.label_calibration = strength;
    TestRun run(plan);
    run.begin();
    ASSERT_TRUE(run.finish());
    accuracy[strength > 0 ? 1 : 0] = run.accuracy();
  }
  EXPECT_GE(accuracy[1], accuracy[0]);
  EXPECT_GE(accuracy[1], 0.8F);
}

/// The first model names all four classes alike; half of all samples are of each worker's one.
TEST(WorkerRun, BiasesFollowWhatAllWorkersSamplesSay) {
  Plan plan{.workers = 2, .disjoint = true};
  plan.settings = {.rounds = 1, .rate = 0.5F, .label_calibration = 0.7F, .score_balance = 2};
  TestRun run(plan);
  run.begin();
  ASSERT_TRUE(run.finish());
  const std::vector<float> model = run.model();
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(model[64 + k], -2 * (0.25F - (k < 2 ? 0.5F : 0)), 1e-5F) << k;
  }
}

TEST(WorkerRun, OtherBarriersEndAsWell) {
  using enum training::Barrier;
  for (const auto barrier : {kBounded, kNone, kProbabilistic}) {
    Plan plan;
    plan.settings.barrier = barrier;
    plan.settings.staleness = 1;
    plan.settings.sampled_peers = 1;
    plan.settings.rounds = 6;
    TestRun run(plan);
    run.begin();
    ASSERT_TRUE(run.finish()) << static_cast<int>(barrier);
    EXPECT_GE(run.accuracy(), 0.85F);
  }
}

TEST(WorkerRun, AWorkerThatIsSwitchedOffAndOnJoinsByItself) {
  Plan plan = with(training::Coding::kInt8, training::Coding::kInt8);
  plan.settings.rounds = 8;
  TestRun run(plan);
  run.begin();
  ASSERT_TRUE(run.site.run_until([&] { return run.server_status().version >= 2; }));
  run.site.workers[1]->stop();
  run.site.now_ms += 500;
  run.site.restart_worker(1);
  ASSERT_TRUE(run.finish());
  EXPECT_GE(run.accuracy(), 0.9F);
  EXPECT_EQ(run.site.status(1).version, run.server_status().version);
}

TEST(WorkerRun, GoesOnWithoutAWorkerThatIsGone) {
  Plan plan;
  plan.settings.rounds = 6;
  TestRun run(plan);
  run.begin();
  ASSERT_TRUE(run.site.run_until([&] { return run.server_status().version >= 2; }));
  run.site.workers[2]->stop();
  ASSERT_TRUE(run.finish());
  EXPECT_GE(run.accuracy(), 0.9F);
}

TEST(WorkerRun, AWorkerThatDivergesIsLeftOutAndStaysInTheRun) {
  for (const auto coding : {training::Coding::kFloat32, training::Coding::kInt4,
                            training::Coding::kOneBit, training::Coding::kTopK}) {
    Plan plan = with(coding, training::Coding::kFloat32);
    plan.poisoned = 1;
    TestRun run(plan);
    run.begin();
    ASSERT_TRUE(run.finish()) << "all workers see the end, that one too";
    const training::RunStatus status = run.server_status();
    EXPECT_EQ(status.refused[static_cast<std::size_t>(training::Refusal::kNotFinite)],
              2U * run.plan.settings.rounds);
    EXPECT_EQ(status.refused[0], 2U * run.plan.settings.rounds) << "the others' were taken";
    EXPECT_EQ(run.site.status(1).fault, training::WorkerFault::kDiverged);
    EXPECT_EQ(run.site.status(1).updates, 0U);
    EXPECT_GT(run.accuracy(), 0.9F);
  }
}

TEST(WorkerRun, AServerThatIsSwitchedOffAndOnIsFoundAgain) {
  for (const std::uint32_t when : {1U, 37U, 120U, 300U}) {
    Plan plan = with(training::Coding::kInt4, training::Coding::kInt4);
    TestRun run(plan);
    run.begin();
    for (std::uint32_t i = 0; i < when; ++i) {
      run.site.step();
    }
    run.site.server.stop();
    for (int i = 0; i < 5000; ++i) {
      run.site.step();
    }
    run.site.restart_server();
    ASSERT_TRUE(run.finish()) << when;
    EXPECT_GE(run.accuracy(), 0.85F);
  }
}

TEST(WorkerRun, WithoutAShardItSaysSoAndBeginsWhenOneComes) {
  TestRun run(Plan{});
  run.begin_run();
  for (std::size_t i = 0; i < 3; ++i) {
    run.order(i);
  }
  EXPECT_EQ(run.site.status(0).phase, WorkerPhase::kFailed);
  EXPECT_EQ(run.site.status(0).fault, training::WorkerFault::kNoShard);
  run.give_data();
  ASSERT_TRUE(run.finish());
  EXPECT_GE(run.accuracy(), 0.9F);
}

TEST(WorkerRun, OrdersCanBeTakenBack) {
  TestRun run(Plan{});
  run.begin();
  ASSERT_TRUE(run.site.run_until([&] { return run.server_status().version >= 1; }));
  EXPECT_EQ(run.site.ask(*run.site.workers[0], coap::Code::kPut, "train/data", run.shard(0)).code,
            coap::Code::kConflict)
      << "the shard of a run that is under way";
  EXPECT_EQ(run.site.ask(*run.site.workers[0], coap::Code::kDelete, "train/join").code,
            coap::Code::kDeleted);
  EXPECT_EQ(run.site.status(0).phase, WorkerPhase::kIdle);
  run.site.restart_worker(0);
  run.site.step();
  EXPECT_EQ(run.site.status(0).phase, WorkerPhase::kIdle);
  const std::uint8_t garbage[5] = {1, 2, 3};
  EXPECT_EQ(run.site.ask(*run.site.workers[0], coap::Code::kPut, "train/join", garbage).code,
            coap::Code::kBadRequest);
}

} // namespace
} // namespace tinyml::device
