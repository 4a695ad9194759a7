// SPDX-License-Identifier: Apache-2.0
// Workers below an edge aggregator, beside workers of its upstream itself.
#include "device/parameter_server/test_runs.hpp"

namespace tinyml::device {
namespace {

constexpr std::uint16_t kBelow = 3;  ///< workers of the edge aggregator
constexpr std::uint16_t kDirect = 1; ///< of the upstream

/// The edge aggregator is the upstream's second worker.
class EdgeAggregator : public testing::Test {
protected:
  void start(RunSettings settings, const coap::testing::Weather &weather = {.max_delay_ms = 3}) {
    settings.workers = kDirect + 1;
    site = std::make_unique<Site>(weather, 5);
    site->add_edge();
    EXPECT_EQ(site->put_run(settings).code, coap::Code::kChanged);
    EXPECT_EQ(site->put_model(drawn(1)).code, coap::Code::kChanged);
    RunSettings below = settings;
    below.workers = kBelow;
    below.upstream = {{0x0A, 0x4D, 0x00, 0x02}, 5683};
    below.upstream_index = kDirect;
    site->coordinated = kEdgePeer;
    EXPECT_EQ(site->put_run(below).code, coap::Code::kChanged);
    EXPECT_EQ(site->put_model(drawn(1)).code, coap::Code::kConflict);
    site->coordinated = kServerPeer;
    const auto targets = targets_for(kBelow + kDirect);
    for (std::uint16_t i = 0; i < kBelow; ++i) {
      site->add_worker_of(kEdgePeer, i, below, targets[i]);
    }
    site->add_worker_of(kServerPeer, 0, settings, targets[kBelow]);
  }

  void expect_one_model_everywhere() {
    expect_all_hold_the_servers_model(*site);
    const Vector model = site->get_model();
    site->coordinated = kEdgePeer;
    EXPECT_EQ(site->get_model(), model);
    const auto status = site->status();
    EXPECT_EQ(status.state, RunState::kDone);
    EXPECT_EQ(site->edge_flash->violations(), 0U);
    site->coordinated = kServerPeer;
  }

  std::unique_ptr<Site> site;
};

/// A mean of means, weighted by samples, is the mean of all.
TEST_F(EdgeAggregator, IsAsGoodAsNone) {
  const RunSettings settings = settings_for(kBelow + kDirect);
  start(settings);
  ASSERT_TRUE(site->finish());
  const auto flat = site_for(settings);
  ASSERT_TRUE(flat->finish());
  EXPECT_LT(distance(site->get_model(), flat->get_model()), 1e-6);
  expect_one_model_everywhere();
}

TEST_F(EdgeAggregator, ScaffoldsControlsReachItsWorkers) {
  RunSettings settings = settings_for(kBelow + kDirect, 12);
  settings.strategy = Strategy::kScaffold;
  set_coding(settings, Coding::kInt8);
  start(settings);
  ASSERT_TRUE(site->finish());
  EXPECT_LT(distance(site->get_model(), mean_of(targets_for(kBelow + kDirect))), 0.05);
  expect_one_model_everywhere();
}

TEST_F(EdgeAggregator, BadNetworksCostTimeAlone) {
  RunSettings settings = settings_for(kBelow + kDirect);
  set_coding(settings, Coding::kInt4);
  start(settings, {.loss_percent = 8, .duplicate_percent = 8, .max_delay_ms = 60});
  ASSERT_TRUE(site->finish());
  EXPECT_LT(distance(site->get_model(), mean_of(targets_for(kBelow + kDirect))), 0.1);
  expect_one_model_everywhere();
}

TEST_F(EdgeAggregator, ComesBackAfterARestart) {
  RunSettings settings = settings_for(kBelow + kDirect, 8);
  set_coding(settings, Coding::kInt4);
  settings.lost_ms = 20'000;
  start(settings);
  for (const std::uint32_t version : {2U, 5U}) {
    ASSERT_TRUE(site->run_until([&] { return site->edge->commit().version == version; }));
    site->restart_edge();
  }
  ASSERT_TRUE(site->finish());
  EXPECT_LT(distance(site->get_model(), mean_of(targets_for(kBelow + kDirect))), 0.1);
  expect_one_model_everywhere();
}

TEST_F(EdgeAggregator, LeftBehindItTakesTheWholeModel) {
  RunSettings settings = settings_for(kBelow + kDirect, 40);
  settings.round_deadline_ms = 300;
  settings.poll_ms = 20;
  start(settings);
  site->workers[1]->manners.train_ms = 6000;
  ASSERT_TRUE(site->finish());
  expect_one_model_everywhere();
}

} // namespace
} // namespace tinyml::device
