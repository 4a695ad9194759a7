// SPDX-License-Identifier: Apache-2.0
// Host only: what the sweeps of the training kernels expect.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace tinyml::kernels::generic::training {

/// Every number equal (0 and -0 are).
inline void expect_same(const std::vector<float> &made, const std::vector<float> &wanted) {
  ASSERT_EQ(made.size(), wanted.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    ASSERT_EQ(made[i], wanted[i]) << "element " << i;
  }
}

/// Sums of the same numbers in another order.
inline void expect_near(const std::vector<float> &made, const std::vector<float> &wanted) {
  ASSERT_EQ(made.size(), wanted.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    ASSERT_NEAR(made[i], wanted[i], 1e-4F * (1 + std::fabs(wanted[i]))) << "element " << i;
  }
}

} // namespace tinyml::kernels::generic::training
