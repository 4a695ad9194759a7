// SPDX-License-Identifier: Apache-2.0
// Against the formulas as they are printed in the papers, in double precision.
#include "training/strategies/aggregate.hpp"
#include "training/strategies/control.hpp"
#include "training/strategies/server_step.hpp"
#include "training/strategies/square_root.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

namespace tinyml::training {
namespace {

using Vector = std::vector<float>;

constexpr std::size_t kValues = 50;

class Strategies : public testing::Test {
protected:
  float normal() { return normal_(random_); }
  Vector drawn(std::size_t count = kValues) {
    Vector values(count);
    for (float &value : values) {
      value = normal();
    }
    return values;
  }

private:
  std::mt19937 random_{5};
  std::normal_distribution<float> normal_;
};

RunSettings settings_of(Strategy strategy) {
  RunSettings settings;
  settings.strategy = strategy;
  settings.server_rate = 0.3F;
  settings.server_momentum = 0.9F;
  settings.second_moment = 0.99F;
  settings.adaptivity = 1e-2F;
  return settings;
}

TEST(SquareRoot, IsTheNearestNumber) {
  std::mt19937 random(3);
  for (int i = 0; i < 200'000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()) >> 1);
    if (std::isfinite(value)) {
      ASSERT_EQ(square_root(value), std::sqrt(value)) << value;
    }
  }
  for (const float value : {0.0F, -1.0F}) {
    EXPECT_EQ(square_root(value), 0.0F);
  }
  for (const float value :
       {1.0F, 4.0F, std::numeric_limits<float>::max(), std::numeric_limits<float>::min(),
        std::numeric_limits<float>::denorm_min()}) {
    EXPECT_EQ(square_root(value), std::sqrt(value));
  }
}

TEST_F(Strategies, TheMeanWeighsBySamples) {
  const Vector a = drawn();
  const Vector b = drawn();
  Vector mean(kValues, 0.0F);
  add_weighted(mean, a, 0.25F);
  add_weighted(mean, b, 0.75F);
  for (std::size_t i = 0; i < kValues; ++i) {
    EXPECT_NEAR(mean[i], 0.25 * a[i] + 0.75 * b[i], 1e-6);
  }
}

TEST_F(Strategies, MediansOutvoteOneLiar) {
  constexpr std::uint32_t kVectors = 5;
  for (const std::uint32_t count : {1U, 2U, 4U, kVectors}) {
    Vector columns = drawn(kValues * count);
    Vector medians(kValues);
    std::vector<double> expected;
    for (std::size_t i = 0; i < kValues; ++i) {
      std::vector<double> column(columns.begin() + static_cast<std::ptrdiff_t>(i * count),
                                 columns.begin() + static_cast<std::ptrdiff_t>((i + 1) * count));
      std::sort(column.begin(), column.end());
      expected.push_back((column[count / 2] + column[(count - 1) / 2]) / 2);
    }
    coordinate_medians(columns, count, medians);
    for (std::size_t i = 0; i < kValues; ++i) {
      EXPECT_NEAR(medians[i], expected[i], 1e-6) << count;
    }
  }
  Vector votes = {1, 1e30F, 1.5F};
  Vector median(1);
  coordinate_medians(votes, 3, median);
  EXPECT_EQ(median[0], 1.5F);
}

TEST_F(Strategies, ClippingShortensWhatIsTooLong) {
  Vector values = drawn();
  const float norm = square_root(sum_of_squares(values));
  EXPECT_EQ(clip_factor(norm, 0), 1);
  EXPECT_EQ(clip_factor(norm, 2 * norm), 1);
  scale(values, clip_factor(norm, norm / 3));
  EXPECT_NEAR(square_root(sum_of_squares(values)), norm / 3, 1e-5);
}

TEST_F(Strategies, FedAvgStepsByTheMean) {
  RunSettings settings = settings_of(Strategy::kFedAvg);
  settings.server_momentum = 0;
  const StrategyVectors vectors = vectors_of(settings);
  EXPECT_FALSE(vectors.first || vectors.second || vectors.control);
  const Vector mean = drawn();
  Vector step = mean;
  server_step(settings, step, {}, {});
  for (std::size_t i = 0; i < kValues; ++i) {
    EXPECT_EQ(step[i], settings.server_rate * mean[i]);
  }
}

TEST_F(Strategies, FedAvgWithMomentum) {
  const RunSettings settings = settings_of(Strategy::kFedAvg);
  ASSERT_TRUE(vectors_of(settings).first);
  Vector first(kValues, 0.0F);
  std::vector<double> m(kValues, 0.0);
  for (int round = 0; round < 4; ++round) {
    Vector block = drawn();
    for (std::size_t i = 0; i < kValues; ++i) {
      m[i] = settings.server_momentum * m[i] + block[i];
    }
    server_step(settings, block, first, {});
    for (std::size_t i = 0; i < kValues; ++i) {
      EXPECT_NEAR(block[i], settings.server_rate * m[i], 1e-5);
    }
  }
}

void expect_adaptive(const RunSettings &settings, const std::vector<Vector> &means) {
  const double b1 = settings.server_momentum;
  const double b2 = settings.second_moment;
  Vector first(kValues, 0.0F);
  Vector second(kValues, initial_second(settings));
  std::vector<double> m(kValues, 0.0);
  std::vector<double> v(kValues, double{settings.adaptivity} * settings.adaptivity);
  for (const Vector &mean : means) {
    Vector block = mean;
    server_step(settings, block, first, second);
    for (std::size_t i = 0; i < kValues; ++i) {
      const double x = mean[i];
      m[i] = b1 * m[i] + (1 - b1) * x;
      const double sign = v[i] > x * x ? 1 : v[i] < x * x ? -1 : 0;
      v[i] = settings.strategy == Strategy::kFedAdam ? b2 * v[i] + (1 - b2) * x * x
                                                     : v[i] - (1 - b2) * x * x * sign;
      const double step = settings.server_rate * m[i] / (std::sqrt(v[i]) + settings.adaptivity);
      EXPECT_NEAR(block[i], step, 1e-5 + 1e-5 * std::abs(step));
    }
  }
}

TEST_F(Strategies, FedAdamAndFedYogiFollowTheirFormulas) {
  const std::vector<Vector> means = {drawn(), drawn(), drawn(), drawn()};
  expect_adaptive(settings_of(Strategy::kFedAdam), means);
  expect_adaptive(settings_of(Strategy::kFedYogi), means);
}

/// The paper's c' = c + |S|/N · mean(cᵢ' - cᵢ), which what is sent must come to.
TEST_F(Strategies, ScaffoldsControlsComeOutOfTheDeltas) {
  constexpr std::uint32_t kWorkers = 4;
  constexpr std::uint32_t kTakePart = 3;
  constexpr float kStepSum = 1.5F;
  constexpr float kServerRate = 0.5F;
  const Vector control = drawn();
  Vector mean(kValues, 0.0F);
  Vector change(kValues, 0.0F);
  for (std::uint32_t worker = 0; worker < kTakePart; ++worker) {
    const Vector before = drawn();
    const Vector update = drawn();
    Vector own = before;
    follow_update(own, control, update, kStepSum);
    for (std::size_t i = 0; i < kValues; ++i) {
      EXPECT_NEAR(own[i], before[i] - control[i] - update[i] / kStepSum, 1e-5);
      change[i] += (own[i] - before[i]) / kTakePart;
      mean[i] += update[i] / kTakePart;
    }
  }
  Vector delta = mean;
  scale(delta, kServerRate);
  Vector followed = control;
  follow_delta(control_numbers(kTakePart, kWorkers, kStepSum, kServerRate), followed, delta);
  for (std::size_t i = 0; i < kValues; ++i) {
    EXPECT_NEAR(followed[i], control[i] + change[i] * kTakePart / kWorkers, 1e-5);
  }
}

TEST_F(Strategies, TheCorrectionPullsTowardsTheCommonDirection) {
  const Vector control = drawn();
  const Vector own = drawn();
  Vector correction = control;
  correction_of(correction, own);
  for (std::size_t i = 0; i < kValues; ++i) {
    EXPECT_EQ(correction[i], control[i] - own[i]);
  }
}

TEST(Finite, NothingElseIsTaken) {
  EXPECT_TRUE(all_finite(Vector{0, -3, 1e38F}));
  EXPECT_FALSE(all_finite(Vector{0, std::numeric_limits<float>::infinity()}));
  EXPECT_FALSE(all_finite(Vector{std::numeric_limits<float>::quiet_NaN()}));
}

} // namespace
} // namespace tinyml::training
