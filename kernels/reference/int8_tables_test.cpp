// SPDX-License-Identifier: Apache-2.0
// Tables of int8 operators against real mathematics and values worked out by hand.
#include "kernels/reference/hard_swish_table.hpp"
#include "kernels/reference/rsqrt_table.hpp"

#include <gmock/gmock.h>

namespace tinyml::kernels::reference {
namespace {

std::int32_t at(const Int8Table &table, std::int32_t code) {
  return table[static_cast<std::size_t>(code + 128)];
}

/// Every code whose exact result is not next to a half must round to it.
template <typename Real>
void expect_rounded(const Int8Table &table, const UnaryScales &s, double tolerance,
                    const Real &real) {
  for (std::int32_t code = -128; code <= 127; ++code) {
    const double x = static_cast<double>(s.in_scale) * (code - s.in_zero);
    const double exact = real(x) / static_cast<double>(s.out_scale) + s.out_zero;
    const double distance_to_half = std::abs(exact - std::floor(exact) - 0.5);
    const double bounded = std::fmin(std::fmax(exact, -128), 127);
    if (distance_to_half > tolerance) {
      EXPECT_EQ(at(table, code), std::round(bounded)) << "code " << code << " is " << x;
    }
  }
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double hard_swish(double x) { return x * std::fmin(std::fmax(x + 3, 0), 6) / 6; }

TEST(Int8Tables, SigmoidRoundsTheRealFunction) {
  for (const float scale : {0.01F, 0.047F, 0.1F, 0.5F}) {
    const UnaryScales s{scale, 7, 1.0F / 256, -128};
    expect_rounded(sigmoid_table(s), s, 1e-3, sigmoid);
  }
}

TEST(Int8Tables, SigmoidSaturatesFarFromZero) {
  const Int8Table table = sigmoid_table({1, 0, 1.0F / 256, -128});
  EXPECT_EQ(at(table, -15), -128);
  EXPECT_EQ(at(table, 0), 0);
  EXPECT_EQ(at(table, 15), 127);
  EXPECT_EQ(at(table, -1), 69 - 128); // 256 / (1 + e) = 68.85
}

TEST(Int8Tables, TanhRoundsTheRealFunction) {
  for (const float scale : {0.01F, 0.047F, 0.25F}) {
    const UnaryScales s{scale, -20, 1.0F / 128, 0};
    expect_rounded(tanh_table(s), s, 1e-3, [](double x) { return std::tanh(x); });
  }
  EXPECT_EQ(at(tanh_table({1, 0, 1.0F / 128, 0}), -1), -97); // 128 * -0.7616 = -97.48
}

TEST(Int8Tables, HardSwishIsWithinOneOfTheRealFunction) {
  const UnaryScales s{10.0F / 128, 3, 8.0F / 128, -40};
  const HardSwishMultipliers m = hard_swish_multipliers(s);
  ASSERT_TRUE(m.fit());
  const Int8Table table = hard_swish_table(s);
  for (std::int32_t code = -128; code <= 127; ++code) {
    const double x = static_cast<double>(s.in_scale) * (code - s.in_zero);
    const double exact = hard_swish(x) / static_cast<double>(s.out_scale) + s.out_zero;
    EXPECT_NEAR(at(table, code), std::fmin(std::fmax(exact, -128), 127), 1.0) << x;
  }
}

TEST(Int8Tables, HardSwishTruncatesItsLastProduct) {
  // Scales of 1/32 and 1/32: to_output is 2^-7 (0.5, shift -6), to_gate is 1/32/128 * 32768/3.
  // Code 32 is 1.0: x = 4096; scaled = 2048; gate = (0.3333 * 32768 + 32768) / 2 = 21845;
  // 21845 * 2048 / 32768 = 1365 (of 1365.3); 1365 / 64 = 21.3.
  const UnaryScales s{1.0F / 32, 0, 1.0F / 32, 0};
  EXPECT_EQ(at(hard_swish_table(s), 32), 21);
  EXPECT_EQ(at(hard_swish_table(s), -96), 0);
  EXPECT_EQ(at(hard_swish_table(s), 127), 127);
}

TEST(Int8Tables, LeakyReluHasTwoMultipliers) {
  const Int8Table table = leaky_relu_table({0.5F, 10, 0.25F, -3}, 0.25F);
  EXPECT_EQ(at(table, 10), -3);
  EXPECT_EQ(at(table, 30), 37);       // 20 * 2 - 3
  EXPECT_EQ(at(table, -30), -20 - 3); // -40 * 0.5 - 3
  EXPECT_EQ(at(table, 9), -3);        // a half goes up
  EXPECT_EQ(at(table, 127), 127);     // 117 * 2 - 3 saturates
}

TEST(Int8Tables, AbsKeepsCodesWhenTheScaleStays) {
  const Int8Table same = abs_table({0.1F, -10, 0.1F, 5});
  EXPECT_EQ(at(same, -13), 8);
  EXPECT_EQ(at(same, 127), 127);
  EXPECT_EQ(at(abs_table({0.5F, 0, 1, 0}), -5), 3); // 2.5
}

TEST(Int8Tables, RsqrtRoundsTheRealFunction) {
  const UnaryScales s{0.02F, -128, 0.06F, -128};
  const Int8Table table = rsqrt_table(s);
  EXPECT_EQ(at(table, -128), 127); // 1 / sqrt(0)
  for (std::int32_t code = -127; code <= 127; ++code) {
    const double exact = 1 / std::sqrt(0.02 * (code + 128)) / 0.06 - 128;
    EXPECT_NEAR(at(table, code), std::fmin(exact, 127), 1.0) << code;
  }
}

TEST(Int8Tables, FloatTablesAreRoundedOnceAndSaturate) {
  const UnaryScales s{0.5F, 0, 0.25F, 1};
  const Int8Table square = float_table(s, [](float x) { return x * x; });
  EXPECT_EQ(at(square, 3), 10); // 2.25 / 0.25 + 1
  EXPECT_EQ(at(square, 127), 127);
  const Int8Table log = float_table(s, [](float x) { return std::log(x); });
  EXPECT_EQ(at(log, 0), -128);
  EXPECT_EQ(at(log, -1), 1); // not a number: the zero point
}

TEST(InverseSquareRoot, IsExact) {
  for (const std::int32_t x : {2, 3, 5, 100, 255, 65537, 1 << 29, 2147483647}) {
    const Multiplier m = inverse_square_root(x);
    const double y = std::ldexp(static_cast<double>(m.value), m.shift - 31);
    EXPECT_NEAR(y * std::sqrt(static_cast<double>(x)), 1, 2e-6) << x;
  }
}

} // namespace
} // namespace tinyml::kernels::reference
