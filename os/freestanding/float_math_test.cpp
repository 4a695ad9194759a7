// SPDX-License-Identifier: Apache-2.0
#include "os/freestanding/float_math.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace tinyml::math {
namespace {

/// Distance in representable floats, from the exact value rounded once.
double ulps_apart(float got, double exact) {
  const auto rounded = static_cast<float>(exact);
  if (got == rounded) {
    return 0;
  }
  const float next = std::nextafterf(rounded, std::numeric_limits<float>::infinity());
  return std::fabs(static_cast<double>(got) - exact) / (static_cast<double>(next) - rounded);
}

TEST(FloatMath, ExponentialIsRightToTheLastBit) {
  for (float x = -103; x < 88.7F; x += 0.00371F) {
    EXPECT_LE(ulps_apart(exp_float(x), std::exp(static_cast<double>(x))), 0.51) << x;
  }
  EXPECT_EQ(exp_float(0), 1);
  EXPECT_EQ(exp_float(-1000), 0);
  EXPECT_TRUE(std::isinf(exp_float(1000)));
  EXPECT_TRUE(std::isnan(exp_float(std::nanf(""))));
}

TEST(FloatMath, HyperbolicTangentIsRightToTheLastBit) {
  for (float x = -12; x < 12; x += 0.00137F) {
    EXPECT_LE(ulps_apart(tanh_float(x), std::tanh(static_cast<double>(x))), 0.51) << x;
  }
  for (const float x : {0.0F, 1e-30F, 9.9e-5F, 1.1e-4F, 1e30F}) {
    EXPECT_LE(ulps_apart(tanh_float(x), std::tanh(static_cast<double>(x))), 0.51) << x;
    EXPECT_EQ(tanh_float(-x), -tanh_float(x));
  }
}

TEST(FloatMath, RoundsHalvesAwayFromZero) {
  for (const float x :
       {0.0F, -0.0F, 0.49999997F, 0.5F, 1.5F, -2.5F, 8388607.5F, 8388609.0F, 1e20F}) {
    EXPECT_EQ(round_float(x), std::round(x)) << x;
    EXPECT_EQ(round_float(-x), std::round(-x)) << x;
    EXPECT_EQ(std::signbit(round_float(x)), std::signbit(x)) << x;
  }
}

} // namespace
} // namespace tinyml::math
