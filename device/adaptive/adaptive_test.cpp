// SPDX-License-Identifier: Apache-2.0
// A device that adapts its model: what it learns, keeps and takes back, alone and in a run.
#include "device/adaptive/adaptive_device.hpp"
#include "device/worker/test_site.hpp"

#include <cstdlib>
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

using coap::Code;
using training::FitState;

template <typename Flash, typename Coap, typename Step>
using AdaptiveProgram = AdaptiveDevice<Flash, Coap, Step>;
using TestAdaptiveDevice = TestLearningDevice<AdaptiveProgram>;

constexpr hal::StoreInfo kStore{2U << 20, 4096, 16};
constexpr MadeUpData kData{};
constexpr std::uint32_t kRun = 9;

SoftmaxStep make_module() { return {kData.values, kData.classes, 1}; }

class AdaptiveTest : public testing::Test {
protected:
  AdaptiveTest() : site(kStore, make_module(), 1, {.max_delay_ms = 1}) {
    mark_ordered();
    ordered = device().step->parameters;
    wait_for(FitState::kIdle);
  }

  TrainingSiteOf<TestAdaptiveDevice> site;

  TestAdaptiveDevice &device() { return *site.workers[0]; }
  /// What the image was built with.
  void mark_ordered() {
    for (std::size_t i = 0; i < device().step->parameters.size(); ++i) {
      device().step->parameters[i] = static_cast<float>(i % 7) * 0.01F;
    }
  }
  void restart() {
    site.restart_worker(0);
    mark_ordered();
    wait_for(FitState::kIdle);
  }
  void wait_for(FitState state) {
    const bool came = site.run_until([&] { return fit_status().state == state; });
    EXPECT_TRUE(came) << static_cast<int>(fit_status().state);
  }
  training::FitStatus fit_status() {
    const Reply reply = site.ask(device(), Code::kGet, "train/fit");
    const auto status = training::decode<training::FitStatus>(reply.body);
    EXPECT_TRUE(status.ok());
    return *status;
  }
  Code give_data() {
    return site.ask(device(), Code::kPut, "train/data", made_up_shard(kData)).code;
  }
  Code order_fit(float rate = 0.1F) {
    std::uint8_t bytes[training::FitOrder::kBytes];
    training::encode(training::FitOrder{.epochs = 5, .rate = rate, .seed = 3}, bytes);
    return site.ask(device(), Code::kPost, "train/fit", bytes).code;
  }
  void fit() {
    ASSERT_EQ(give_data(), Code::kChanged);
    ASSERT_EQ(order_fit(), Code::kChanged);
    wait_for(FitState::kDone);
  }
  std::vector<float> ordered;
};

TEST_F(AdaptiveTest, LearnsWhatItWasGivenAndTellsSo) {
  EXPECT_EQ(fit_status().adapted, 0);
  fit();
  const auto status = fit_status();
  EXPECT_LT(status.accuracy_before, 0.5F);
  EXPECT_GT(status.accuracy_after, 0.9F);
  EXPECT_LT(status.loss_after, status.loss_before);
  EXPECT_EQ(status.steps, 5 * kData.training_samples);
  EXPECT_EQ(status.step, status.steps);
  EXPECT_EQ(status.adapted, 1);
  EXPECT_EQ(status.generation, 1U);
  EXPECT_EQ(site.status(0).phase, training::WorkerPhase::kDone);
  EXPECT_EQ(device().flash.violations(), 0U);
}

TEST_F(AdaptiveTest, KeepsItOverRestartsAndTakesItBack) {
  fit();
  const auto adapted = device().step->parameters;
  EXPECT_NE(adapted, ordered);
  restart();
  EXPECT_EQ(device().step->parameters, adapted);
  EXPECT_EQ(fit_status().adapted, 1);
  ASSERT_EQ(order_fit(), Code::kChanged);
  wait_for(FitState::kDone);
  EXPECT_EQ(fit_status().generation, 2U);
  const auto again = device().step->parameters;
  restart();
  EXPECT_EQ(device().step->parameters, again);
  EXPECT_EQ(site.ask(device(), Code::kDelete, "train/fit").code, Code::kDeleted);
  wait_for(FitState::kIdle);
  EXPECT_EQ(device().step->parameters, ordered);
  EXPECT_EQ(fit_status().adapted, 0);
  restart();
  EXPECT_EQ(device().step->parameters, ordered);
}

TEST_F(AdaptiveTest, RefusesWhatCannotBe) {
  EXPECT_EQ(order_fit(), Code::kConflict); // no samples yet
  EXPECT_EQ(site.ask(device(), Code::kPost, "train/fit").code, Code::kBadRequest);
  EXPECT_EQ(site.ask(device(), Code::kPut, "train/fit").code, Code::kMethodNotAllowed);
  auto others = kData;
  others.values = 20;
  EXPECT_EQ(site.ask(device(), Code::kPut, "train/data", made_up_shard(others)).code,
            Code::kChanged);
  EXPECT_EQ(order_fit(), Code::kConflict); // of another shape
  ASSERT_EQ(give_data(), Code::kChanged);
  ASSERT_EQ(order_fit(), Code::kChanged);
  EXPECT_EQ(order_fit(), Code::kServiceUnavailable); // one at a time
  EXPECT_EQ(give_data(), Code::kServiceUnavailable);
  wait_for(FitState::kDone);
}

TEST_F(AdaptiveTest, AModelThatDivergedIsNotKept) {
  fit();
  const auto adapted = device().step->parameters;
  ASSERT_EQ(order_fit(1e30F), Code::kChanged);
  wait_for(FitState::kFailed);
  EXPECT_EQ(fit_status().fault, training::WorkerFault::kDiverged);
  EXPECT_EQ(device().step->parameters, adapted);
  EXPECT_EQ(fit_status().adapted, 1);
}

TEST_F(AdaptiveTest, AFitThatIsTakenBackUnderWayLeavesTheOrderedModel) {
  ASSERT_EQ(give_data(), Code::kChanged);
  ASSERT_EQ(order_fit(), Code::kChanged);
  wait_for(FitState::kTraining);
  EXPECT_EQ(site.ask(device(), Code::kDelete, "train/fit").code, Code::kDeleted);
  wait_for(FitState::kIdle);
  EXPECT_EQ(device().step->parameters, ordered);
}

TEST_F(AdaptiveTest, ADamagedModelIsNotTakenUp) {
  fit();
  const auto first = device().step->parameters;
  ASSERT_EQ(order_fit(), Code::kChanged);
  wait_for(FitState::kDone);
  // The second model's first values lie behind the header of the last slot placed.
  ParameterStore<store::FlashSimulator> store(device().flash, device().layout,
                                              device().step->module(),
                                              device().step->training().parameter_count);
  auto *latest = store.latest();
  ASSERT_NE(latest, nullptr);
  float value = 0;
  ASSERT_TRUE(latest->read(0, {&value, 1}));
  const auto bytes = device().flash.bytes();
  std::uint32_t at = 0;
  while (std::memcmp(bytes.data() + at, &value, sizeof(value)) != 0) {
    ++at;
  }
  ASSERT_EQ(device().flash.erase(at / 4096 * 4096, 4096), hal::Status::kOk);
  restart();
  EXPECT_EQ(device().step->parameters, first);
}

TEST_F(AdaptiveTest, WhereverThePowerFailsAWholeModelIsThere) {
  fit();
  std::uint32_t cuts = 0;
  for (const store::Torn torn : store::kAllTorn) {
    bool done = false;
    for (std::uint32_t operations = 0; !done; ++operations) {
      const auto before = device().step->parameters;
      std::vector<float> after;
      device().power.cut_after(operations, torn, operations);
      try {
        ASSERT_EQ(order_fit(0.02F), Code::kChanged);
        wait_for(FitState::kDone);
        done = true;
      } catch (const store::PowerCut &) {
        ++cuts;
      }
      after = device().step->parameters;
      device().power.never_cut();
      restart();
      const auto &now = device().step->parameters;
      EXPECT_TRUE(now == before || now == after) << operations;
      EXPECT_EQ(fit_status().adapted, 1);
    }
  }
  EXPECT_GE(cuts, 4U);
}

TEST_F(AdaptiveTest, JoinsARunAndKeepsWhatItEndsWith) {
  ASSERT_EQ(give_data(), Code::kChanged);
  const module::TrainingInfo info = device().step->training();
  training::RunSettings settings;
  settings.run_id = kRun;
  std::copy_n(info.model_fingerprint, 8, settings.model.begin());
  settings.parameter_count = info.parameter_count;
  settings.learned_count = info.learned_count;
  settings.rounds = 3;
  settings.workers = 1;
  settings.rate = 0.1F;
  settings.lost_ms = 20'000;
  settings.poll_ms = 20;
  std::uint8_t run[training::kRunSettingsBytes];
  training::encode(settings, run);
  ASSERT_EQ(site.ask(site.server, Code::kPut, "train/run", run).code, Code::kChanged);
  const ByteView model(reinterpret_cast<const std::uint8_t *>(ordered.data()), ordered.size() * 4);
  ASSERT_EQ(site.ask(site.server, Code::kPut, "train/model", model).code, Code::kChanged);
  std::uint8_t join[training::JoinOrder::kBytes];
  training::encode(training::JoinOrder{.run_id = kRun, .server = {{10, 77, 0, 2}, 5683}}, join);
  ASSERT_EQ(site.ask(device(), Code::kPut, "train/join", join).code, Code::kChanged);
  EXPECT_EQ(order_fit(), Code::kConflict);
  ASSERT_TRUE(site.run_until([&] { return fit_status().generation == 1; }));
  wait_for(FitState::kIdle);
  const Reply reply = site.ask(site.server, Code::kGet, "train/model");
  ASSERT_EQ(reply.body.size(), model.size());
  EXPECT_EQ(std::memcmp(reply.body.data(), device().step->parameters.data(), model.size()), 0);
  EXPECT_EQ(site.status(0).updates, 3U);
  EXPECT_EQ(fit_status().adapted, 1);
  ASSERT_EQ(order_fit(), Code::kChanged); // and goes on alone
  wait_for(FitState::kDone);
}

} // namespace
} // namespace tinyml::device
