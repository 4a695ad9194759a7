// SPDX-License-Identifier: Apache-2.0
#include "training/strategies/barrier.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace tinyml::training {
namespace {

using Clocks = std::vector<std::uint32_t>;

RunSettings settings_of(Barrier barrier, std::uint16_t staleness = 0, std::uint16_t peers = 1) {
  RunSettings settings;
  settings.barrier = barrier;
  settings.staleness = staleness;
  settings.sampled_peers = peers;
  settings.min_updates = 2;
  return settings;
}

TEST(Barrier, WithoutOneEveryoneGoesOn) {
  EXPECT_TRUE(may_train(settings_of(Barrier::kNone), 100, Clocks{0, 1, 100}, 1));
}

TEST(Barrier, StalenessBoundsTheLeadOverTheSlowest) {
  const RunSettings settings = settings_of(Barrier::kBounded, 3);
  EXPECT_TRUE(may_train(settings, 5, Clocks{2, 9}, 1));
  EXPECT_FALSE(may_train(settings, 6, Clocks{2, 9}, 1));
  EXPECT_TRUE(may_train(settings, 0, Clocks{2, 9}, 1));
  EXPECT_TRUE(may_train(settings, 6, Clocks{}, 1)) << "nobody else is live";
}

TEST(Barrier, SampledPeersAreAChance) {
  const RunSettings one = settings_of(Barrier::kProbabilistic, 0, 1);
  const RunSettings three = settings_of(Barrier::kProbabilistic, 0, 3);
  const Clocks half_behind = {5, 4, 5, 4};
  int passed_one = 0;
  int passed_three = 0;
  constexpr int kQuestions = 4000;
  for (std::uint64_t seed = 0; seed < kQuestions; ++seed) {
    passed_one += may_train(one, 5, half_behind, seed) ? 1 : 0;
    passed_three += may_train(three, 5, half_behind, seed) ? 1 : 0;
  }
  EXPECT_NEAR(passed_one, kQuestions / 2, 150);
  EXPECT_NEAR(passed_three, kQuestions / 8, 100);
  EXPECT_TRUE(may_train(three, 4, half_behind, 1));
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(may_train(one, 5, half_behind, seed), may_train(one, 5, half_behind, seed));
  }
}

TEST(Barrier, ARoundEndsWhenAllAreThere) {
  const RunSettings settings = settings_of(Barrier::kBulk);
  EXPECT_FALSE(round_is_over(settings, {.delivered = 2, .awaited = 1, .elapsed_ms = 99'999}));
  EXPECT_TRUE(round_is_over(settings, {.delivered = 2, .awaited = 0}));
  EXPECT_TRUE(round_is_over(settings, {.delivered = 1, .awaited = 0})) << "the rest is dead";
  EXPECT_FALSE(round_is_over(settings, {.delivered = 0, .awaited = 0}));
}

TEST(Barrier, ADeadlineLeavesStragglersOut) {
  RunSettings settings = settings_of(Barrier::kBulk);
  settings.round_deadline_ms = 1000;
  EXPECT_FALSE(round_is_over(settings, {.delivered = 2, .awaited = 1, .elapsed_ms = 999}));
  EXPECT_TRUE(round_is_over(settings, {.delivered = 2, .awaited = 1, .elapsed_ms = 1000}));
  EXPECT_FALSE(round_is_over(settings, {.delivered = 1, .awaited = 1, .elapsed_ms = 5000}));
}

} // namespace
} // namespace tinyml::training
