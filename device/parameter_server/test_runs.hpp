// SPDX-License-Identifier: Apache-2.0
// Host only: for tests. Runs on a test site.
#pragma once

#include "device/parameter_server/test_site.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace tinyml::device {

using training::Barrier;
using training::Coding;
using training::RunSettings;
using training::RunState;
using training::Strategy;

inline constexpr std::uint32_t kValues = 2500; // two whole blocks and a part of one
inline constexpr std::uint32_t kLearned = 2400;

inline RunSettings settings_for(std::uint16_t workers, std::uint16_t rounds = 6) {
  RunSettings settings;
  settings.run_id = 42;
  settings.model = {1, 2, 3, 4, 5, 6, 7, 8};
  settings.parameter_count = kValues;
  settings.learned_count = kLearned;
  settings.update_coding = static_cast<std::uint8_t>(Coding::kFloat32);
  settings.delta_coding = static_cast<std::uint8_t>(Coding::kFloat32);
  settings.rounds = rounds;
  settings.workers = workers;
  settings.rate = 0.2F;
  return settings;
}

inline void set_coding(RunSettings &settings, Coding coding) {
  settings.update_coding = settings.delta_coding = static_cast<std::uint8_t>(coding);
}

inline Vector drawn(std::uint32_t seed, std::size_t count = kValues) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Vector values(count);
  for (float &value : values) {
    value = normal(random);
  }
  return values;
}

inline Vector mean_of(const std::vector<Vector> &vectors) {
  Vector mean(vectors[0].size(), 0.0F);
  for (const Vector &vector : vectors) {
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += vector[i] / static_cast<float>(vectors.size());
    }
  }
  return mean;
}

inline double distance(const Vector &a, const Vector &b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    squares += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
  }
  return std::sqrt(squares / static_cast<double>(a.size()));
}

inline std::vector<Vector> targets_for(std::uint16_t workers) {
  std::vector<Vector> targets;
  for (std::uint16_t i = 0; i < workers; ++i) {
    targets.push_back(drawn(10U + i));
  }
  return targets;
}

/// A site with a run, its model and its workers, which have not begun.
inline std::unique_ptr<Site> site_for(const RunSettings &settings,
                                      const coap::testing::Weather &weather = {.max_delay_ms = 3},
                                      std::uint32_t seed = 1) {
  auto site = std::make_unique<Site>(weather, seed);
  EXPECT_EQ(site->put_run(settings).code, coap::Code::kChanged);
  EXPECT_EQ(site->put_model(drawn(1)).code, coap::Code::kChanged);
  for (const Vector &target : targets_for(settings.workers)) {
    site->add_worker(settings, target);
  }
  return site;
}

inline void expect_all_hold_the_servers_model(Site &site) {
  const Vector model = site.get_model();
  for (const auto &worker : site.workers) {
    if (!worker->manners.dead) {
      EXPECT_EQ(worker->model(), model);
    }
  }
}

} // namespace tinyml::device
