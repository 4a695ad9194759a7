// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/place.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace tinyml::plan {
namespace {

/// Tries every order of placing, each item as low as it fits above those before it.
std::uint64_t best_of_all_orders(const PlacementProblem &problem) {
  std::vector<std::size_t> order(problem.items().size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::uint64_t best = UINT64_MAX;
  do {
    std::vector<std::uint64_t> offsets(order.size());
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      std::uint64_t offset = 0;
      const auto fits = [&] {
        return std::all_of(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(i),
                           [&](std::size_t other) {
                             return problem.fits(order[i], offset, other, offsets[other]);
                           });
      };
      while (!fits()) {
        ++offset;
      }
      offsets[order[i]] = offset;
      total = std::max(total, offset + problem.items()[order[i]].size_bytes);
    }
    best = std::min(best, total);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

TEST(Place, IsNeverBeatenByBruteForce) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    const std::size_t count = 2 + random() % 5;
    std::vector<Item> items;
    for (std::size_t i = 0; i < count; ++i) {
      items.push_back({1 + random() % 20, 1});
    }
    PlacementProblem problem(items);
    for (std::size_t a = 0; a < count; ++a) {
      for (std::size_t b = a + 1; b < count; ++b) {
        if (random() % 3 != 0) {
          problem.separate(a, b);
          if (random() % 2 == 0) {
            problem.allow_overlay(a, b, random() % 10);
          }
        }
      }
    }
    const PlacementResult result = place(problem, 0, 1'000'000);
    EXPECT_TRUE(result.optimal);
    EXPECT_LE(result.total_bytes, best_of_all_orders(problem)) << round;
    for (std::size_t a = 0; a < count; ++a) {
      for (std::size_t b = a + 1; b < count; ++b) {
        EXPECT_TRUE(problem.fits(a, result.offsets[a], b, result.offsets[b]));
      }
    }
  }
}

TEST(Place, WithoutABudgetTakesTheBestFirstFit) {
  PlacementProblem problem({{10, 1}, {4, 1}, {6, 1}});
  problem.separate(0, 1);
  problem.separate(0, 2);
  const PlacementResult result = place(problem, 0, 0);
  EXPECT_EQ(result.total_bytes, 16U);
  EXPECT_FALSE(result.optimal);
}

} // namespace
} // namespace tinyml::plan
