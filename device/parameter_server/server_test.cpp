// SPDX-License-Identifier: Apache-2.0
#include "device/parameter_server/test_runs.hpp"

namespace tinyml::device {
namespace {

/// FedAvg as in the paper, whole vectors.
Vector plain_fedavg(const RunSettings &settings, Vector model, const std::vector<Vector> &targets,
                    const std::vector<std::uint32_t> &samples) {
  float total = 0;
  for (const std::uint32_t count : samples) {
    total += static_cast<float>(count);
  }
  for (unsigned round = 0; round < settings.rounds; ++round) {
    Vector sum(model.size(), 0.0F);
    for (std::size_t k = 0; k < targets.size(); ++k) {
      Vector point = model;
      for (unsigned step = 0; step < 4; ++step) {
        for (std::size_t i = 0; i < point.size(); ++i) {
          point[i] -= settings.rate * (point[i] - targets[k][i]);
        }
      }
      for (std::size_t i = 0; i < point.size(); ++i) {
        sum[i] += static_cast<float>(samples[k]) / total * (point[i] - model[i]);
      }
    }
    for (std::size_t i = 0; i < model.size(); ++i) {
      model[i] += sum[i];
    }
  }
  return model;
}

TEST(ParameterServer, AveragesAsThePaperDoes) {
  const RunSettings settings = settings_for(3);
  Site site;
  ASSERT_EQ(site.put_run(settings).code, coap::Code::kChanged);
  ASSERT_EQ(site.put_model(drawn(1)).code, coap::Code::kChanged);
  const auto targets = targets_for(3);
  const std::vector<std::uint32_t> samples = {100, 300, 50};
  for (std::size_t i = 0; i < 3; ++i) {
    site.add_worker(settings, targets[i], samples[i]);
  }
  ASSERT_TRUE(site.finish());
  EXPECT_LT(distance(site.get_model(), plain_fedavg(settings, drawn(1), targets, samples)), 1e-6);
  expect_all_hold_the_servers_model(site);
  const auto status = site.status();
  EXPECT_EQ(status.state, RunState::kDone);
  EXPECT_EQ(status.version, settings.rounds);
  EXPECT_EQ(site.flash.violations(), 0U);
}

struct Recipe {
  const char *name;
  void (*change)(RunSettings &);
  double at_most; ///< distance to the best point at the end
};
const Recipe kRecipes[] = {
    {"int8", [](RunSettings &s) { set_coding(s, Coding::kInt8); }, 0.01},
    {"int4", [](RunSettings &s) { set_coding(s, Coding::kInt4); }, 0.05},
    {"1bit", [](RunSettings &s) { set_coding(s, Coding::kOneBit); }, 0.6},
    {"topk",
     [](RunSettings &s) {
       set_coding(s, Coding::kTopK);
       s.rate = 0.01F; // what waits in the residuals must not outrun what is told
       s.rounds = 150;
     },
     0.4},
    {"fedprox",
     [](RunSettings &s) {
       s.strategy = Strategy::kFedProx;
       s.proximal = 0.1F;
     },
     0.01},
    {"momentum",
     [](RunSettings &s) {
       s.server_momentum = 0.2F;
       s.server_rate = 0.8F;
     },
     0.05},
    {"fedadam",
     [](RunSettings &s) {
       s.strategy = Strategy::kFedAdam;
       s.server_momentum = 0.5F;
       s.second_moment = 0.9F;
       s.adaptivity = 0.01F;
       s.server_rate = 0.2F;
     },
     0.5},
    {"fedyogi",
     [](RunSettings &s) {
       s.strategy = Strategy::kFedYogi;
       s.server_momentum = 0.5F;
       s.second_moment = 0.9F;
       s.adaptivity = 0.01F;
       s.server_rate = 0.2F;
     },
     0.5},
    {"scaffold", [](RunSettings &s) { s.strategy = Strategy::kScaffold; }, 0.02},
    {"scaffold int4",
     [](RunSettings &s) {
       s.strategy = Strategy::kScaffold;
       set_coding(s, Coding::kInt4);
     },
     0.1},
};

/// Samples are equal, so the best point is the mean of the targets.
TEST(ParameterServer, EveryStrategyAndCodingGetsThere) {
  for (const Recipe &recipe : kRecipes) {
    RunSettings settings = settings_for(3, 12);
    recipe.change(settings);
    const auto site = site_for(settings);
    ASSERT_TRUE(site->finish()) << recipe.name;
    EXPECT_LT(distance(site->get_model(), mean_of(targets_for(3))), recipe.at_most) << recipe.name;
    expect_all_hold_the_servers_model(*site);
    EXPECT_EQ(site->flash.violations(), 0U) << recipe.name;
  }
}

TEST(ParameterServer, EqualInputsGiveEqualBitsWhateverTheNetworkDoes) {
  RunSettings settings = settings_for(4);
  set_coding(settings, Coding::kInt4);
  const auto calm = site_for(settings);
  ASSERT_TRUE(calm->finish());
  for (const std::uint32_t seed : {3U, 4U}) {
    const auto wild =
        site_for(settings, {.loss_percent = 10, .duplicate_percent = 10, .max_delay_ms = 80}, seed);
    ASSERT_TRUE(wild->finish());
    EXPECT_EQ(wild->get_model(), calm->get_model());
  }
}

TEST(ParameterServer, TheMedianOutvotesALiar) {
  RunSettings settings = settings_for(5);
  settings.aggregation = training::Aggregation::kMedian;
  const auto site = site_for(settings);
  site->workers[2]->manners.boost = -1000;
  ASSERT_TRUE(site->finish());
  EXPECT_LT(distance(site->get_model(), mean_of(targets_for(5))), 1.0);
}

TEST(ParameterServer, ClippingTamesALiar) {
  RunSettings settings = settings_for(5);
  settings.clip_norm = 20;
  const auto site = site_for(settings);
  site->workers[2]->manners.boost = -1000;
  ASSERT_TRUE(site->finish());
  EXPECT_LT(distance(site->get_model(), mean_of(targets_for(5))), 2.0);
}

TEST(ParameterServer, TooLongUpdatesAreRefusedAndTheirSenderLeftOut) {
  RunSettings settings = settings_for(3);
  settings.refuse_norm = 500;
  const auto site = site_for(settings);
  site->workers[1]->manners.boost = 1000;
  ASSERT_TRUE(site->finish());
  const auto status = site->status();
  EXPECT_GE(status.refused[static_cast<int>(training::Refusal::kNormTooLarge)], settings.rounds);
  EXPECT_EQ(site->workers[1]->taken(), 0U);
  const auto targets = targets_for(3);
  EXPECT_LT(distance(site->get_model(), mean_of({targets[0], targets[2]})), 0.05);
}

TEST(ParameterServer, NansAndGarbageAreRefusedAndCounted) {
  RunSettings settings = settings_for(3);
  set_coding(settings, Coding::kInt8);
  const auto site = site_for(settings);
  site->workers[0]->manners.nan_updates = 1;
  site->workers[1]->manners.garbage_updates = 1;
  site->workers[2]->manners.nan_updates = 3;
  ASSERT_TRUE(site->finish());
  std::vector<training::WorkerRecord> records;
  const auto status = site->status(&records);
  EXPECT_EQ(status.version, settings.rounds);
  EXPECT_EQ(status.refused[static_cast<int>(training::Refusal::kNotFinite)], 4U);
  EXPECT_EQ(status.refused[static_cast<int>(training::Refusal::kMalformed)], 1U);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].refused, 1);
  EXPECT_EQ(records[2].last_refusal, training::Refusal::kNotFinite);
  EXPECT_LT(records[2].delivered, settings.rounds);
  EXPECT_LT(distance(site->get_model(), mean_of(targets_for(3))), 0.3);
}

TEST(ParameterServer, StragglersAreLeftOutAtTheDeadline) {
  RunSettings settings = settings_for(3);
  settings.round_deadline_ms = 1000;
  const auto site = site_for(settings);
  site->workers[0]->manners.train_ms = 1800;
  ASSERT_TRUE(site->finish());
  const auto status = site->status();
  EXPECT_EQ(status.version, settings.rounds);
  EXPECT_GT(status.refused[static_cast<int>(training::Refusal::kStale)], 0U);
  EXPECT_LT(site->workers[0]->taken(), settings.rounds);
  expect_all_hold_the_servers_model(*site);
}

TEST(ParameterServer, DeadWorkersDoNotHoldTheRun) {
  RunSettings settings = settings_for(3);
  settings.lost_ms = 3000;
  const auto site = site_for(settings);
  ASSERT_TRUE(site->run_until([&] { return site->workers[1]->version() == 2; }));
  site->workers[1]->manners.dead = true;
  ASSERT_TRUE(site->finish());
  EXPECT_EQ(site->status().version, settings.rounds);
}

TEST(ParameterServer, AWorkerThatRestartsJoinsAnew) {
  RunSettings settings = settings_for(3, 10);
  set_coding(settings, Coding::kInt4);
  const auto site = site_for(settings);
  ASSERT_TRUE(site->run_until([&] { return site->workers[1]->version() == 3; }));
  site->workers[1]->restart();
  ASSERT_TRUE(site->finish());
  EXPECT_EQ(site->status().joins, 4U);
  EXPECT_EQ(site->workers[1]->whole_fetches(), 2U);
  EXPECT_EQ(site->workers[0]->whole_fetches(), 1U);
  expect_all_hold_the_servers_model(*site);
}

TEST(ParameterServer, AWorkerFarBehindTakesTheWholeModel) {
  RunSettings settings = settings_for(2, 40);
  set_coding(settings, Coding::kOneBit);
  settings.round_deadline_ms = 300;
  const auto site = site_for(settings);
  site->workers[1]->manners.train_ms = 8000;
  ASSERT_TRUE(site->finish());
  EXPECT_GT(site->workers[1]->whole_fetches(), 1U);
  expect_all_hold_the_servers_model(*site);
}

TEST(ParameterServer, BarriersWithoutRoundsGetThereToo) {
  for (const Barrier barrier : {Barrier::kBounded, Barrier::kNone, Barrier::kProbabilistic}) {
    RunSettings settings = settings_for(4, 20);
    settings.barrier = barrier;
    settings.staleness = 2;
    settings.sampled_peers = 2;
    settings.local_epochs = 0;
    settings.local_steps = 2;
    set_coding(settings, Coding::kInt8);
    const auto site = site_for(settings);
    site->workers[3]->manners.train_ms = 220;
    ASSERT_TRUE(site->finish()) << static_cast<int>(barrier);
    std::vector<training::WorkerRecord> records;
    const auto status = site->status(&records);
    EXPECT_EQ(status.round, settings.rounds);
    const int lead = records[0].delivered - records[3].delivered;
    if (barrier == Barrier::kBounded) {
      EXPECT_LE(lead, settings.staleness + 1);
    } else if (barrier == Barrier::kNone) {
      EXPECT_GT(lead, 5);
    }
    EXPECT_LT(distance(site->get_model(), mean_of(targets_for(4))), 0.8);
    expect_all_hold_the_servers_model(*site);
  }
}

TEST(ParameterServer, WhereUpdatesDoNotFitTheyAreSummedAtArrival) {
  RunSettings settings = settings_for(12, 3);
  const hal::StoreInfo small{.size_bytes = 140 << 10, .sector_bytes = 4096, .program_bytes = 16};
  Site site({.max_delay_ms = 3}, 1, small);
  ASSERT_EQ(site.put_run(settings).code, coap::Code::kChanged);
  ASSERT_EQ(site.put_model(drawn(1)).code, coap::Code::kChanged);
  for (const Vector &target : targets_for(12)) {
    site.add_worker(settings, target);
  }
  ASSERT_TRUE(site.finish());
  EXPECT_EQ(site.status().folded, 1);
  EXPECT_LT(distance(site.get_model(), plain_fedavg(settings, drawn(1), targets_for(12),
                                                    std::vector<std::uint32_t>(12, 100))),
            1e-5);
  settings.aggregation = training::Aggregation::kMedian;
  settings.run_id = 43;
  const Answer refused = site.put_run(settings);
  EXPECT_EQ(refused.code, coap::Code::kRequestEntityTooLarge);
  EXPECT_NE(refused.text().find("too small"), std::string::npos);
}

TEST(ParameterServer, TwoRunsOneAfterTheOther) {
  RunSettings settings = settings_for(2, 3);
  const auto site = site_for(settings);
  settings.run_id = 43;
  EXPECT_EQ(site->put_run(settings).code, coap::Code::kConflict);
  ASSERT_TRUE(site->finish());
  ASSERT_EQ(site->put_run(settings).code, coap::Code::kChanged);
  EXPECT_EQ(site->put_run(settings).code, coap::Code::kChanged) << "the same again is no other";
  ASSERT_EQ(site->put_model(drawn(1)).code, coap::Code::kChanged);
  site->workers.clear();
  for (const Vector &target : targets_for(2)) {
    site->add_worker(settings, target);
  }
  ASSERT_TRUE(site->finish());
  EXPECT_EQ(site->status().run_id, 43U);
  EXPECT_EQ(site->request(coap::Code::kDelete, "train/run").code, coap::Code::kDeleted);
  EXPECT_EQ(site->status().state, RunState::kIdle);
  EXPECT_EQ(site->request(coap::Code::kGet, "train/model").code, coap::Code::kNotFound);
}

TEST(ParameterServer, BadRequestsGetSentences) {
  Site site;
  RunSettings settings = settings_for(2);
  EXPECT_EQ(site.put_model(drawn(1)).code, coap::Code::kConflict);
  settings.workers = 0;
  const Answer bad = site.put_run(settings);
  EXPECT_EQ(bad.code, coap::Code::kBadRequest);
  EXPECT_NE(bad.text().find("workers 1 to 128"), std::string::npos) << bad.text();
  settings.workers = 2;
  settings.parameter_count = training::kMaxParameters;
  EXPECT_EQ(site.put_run(settings).code, coap::Code::kRequestEntityTooLarge);
  settings.parameter_count = kValues;
  ASSERT_EQ(site.put_run(settings).code, coap::Code::kChanged);
  Vector infinite = drawn(1);
  infinite[700] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(site.put_model(infinite).code, coap::Code::kUnprocessableEntity);
  EXPECT_EQ(site.put_model(drawn(1, kValues - 1)).code, coap::Code::kBadRequest);
  EXPECT_EQ(site.put_model(drawn(1, kValues + 1)).code, coap::Code::kRequestEntityTooLarge);
  EXPECT_EQ(site.request(coap::Code::kGet, "train/model").code, coap::Code::kNotFound);
  EXPECT_EQ(site.request(coap::Code::kPost, "train/model").code, coap::Code::kMethodNotAllowed);
  const Bytes noise = {1, 2, 3};
  EXPECT_EQ(site.request(coap::Code::kPost, "train/join", noise).code, coap::Code::kBadRequest);
  EXPECT_EQ(site.request(coap::Code::kPut, "train/run", noise).code, coap::Code::kBadRequest);
  EXPECT_EQ(site.request(coap::Code::kGet, "train/task").code, coap::Code::kNotFound);
  EXPECT_EQ(site.request(coap::Code::kGet, "train/delta").code, coap::Code::kNotFound);
}

TEST(ParameterServer, WorkersOfAnotherModelAreTurnedAway) {
  const RunSettings settings = settings_for(1);
  const auto site = site_for(settings);
  site->workers[0]->wanted.model[0] ^= 1;
  EXPECT_FALSE(
      site->run_until([&] { return site->workers[0]->version() != training::kNoVersion; }, 2000));
  EXPECT_EQ(site->workers[0]->last_text(), "the run is of another model");
}

} // namespace
} // namespace tinyml::device
