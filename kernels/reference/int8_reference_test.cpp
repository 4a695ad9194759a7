// SPDX-License-Identifier: Apache-2.0
// Quantised operators by hand-worked values.
#include "kernels/reference/binary.hpp"
#include "kernels/reference/matmul_quantized.hpp"
#include "kernels/reference/mean_quantized.hpp"
#include "kernels/reference/unary.hpp"

#include <gmock/gmock.h>

namespace tinyml::kernels::reference {
namespace {

using ::testing::ElementsAre;

TEST(Lookup, TakesTheEntryOfEachCode) {
  std::int8_t table[256];
  for (int i = 0; i < 256; ++i) {
    table[i] = static_cast<std::int8_t>(127 - i);
  }
  const std::int8_t x[] = {-128, -1, 0, 127};
  std::int8_t y[4];
  lookup(4, x, table, y);
  EXPECT_THAT(y, ElementsAre(127, 0, -1, -128));
}

TEST(MeanMultiplier, DividesInIntegers) {
  // 1.0 is 2^30 with shift 1; for six elements it is shifted left by two before it is divided.
  const Multiplier m = mean_multiplier(quantize_multiplier(1), 6);
  EXPECT_EQ(m.value, (4LL << 30) / 6);
  EXPECT_EQ(m.shift, 1 - 2);
  EXPECT_EQ(mean_multiplier(quantize_multiplier(1), 8), (Multiplier{1 << 30, -2}));
  // A tiny ratio leaves less room to shift: 31 - 30.
  EXPECT_EQ(mean_multiplier({1 << 30, -30}, 6).shift, -31);
}

TEST(MeanQuantized, RoundsHalvesOfTheProductUp) {
  const std::int8_t x[] = {1, 2, 3, -5, -4, -4}; // two rows of three, averaged over rows
  std::int8_t y[3];
  const QuantizedSum same{0, mean_multiplier(quantize_multiplier(1), 2), 0};
  reduce_sum({1, 1, 1, 1, 2, 3}, {1, 1, 1, 1, 1, 3}, same, x, y);
  EXPECT_THAT(y, ElementsAre(-2, -1, 0)); // -2, -1, -0.5
}

TEST(MeanQuantized, ChangesScaleAndZeroPointAndSaturates) {
  const std::int8_t x[] = {100, 120, 127, 113};
  std::int8_t y[1];
  // (460 - 4 * 10) / 4 = 105 steps of 0.5 are 52.5; in steps of 1 with zero point 3: 53 + 3.
  reduce_sum({1, 1, 1, 1, 1, 4}, {1, 1, 1, 1, 1, 1},
             {10, mean_multiplier(quantize_multiplier(0.5), 4), 3}, x, y);
  EXPECT_THAT(y, ElementsAre(56));
  // As a sum: 420 * 0.25 + 30 saturates.
  reduce_sum({1, 1, 1, 1, 1, 4}, {1, 1, 1, 1, 1, 1}, {10, quantize_multiplier(0.25), 30}, x, y);
  EXPECT_THAT(y, ElementsAre(127));
}

TEST(Sub, IsPreparedInSinglePrecision) {
  // 0.1F / (2 * 0.3F) rounded to float is not the quotient of the doubles.
  const AddMultipliers sub_m = sub_multipliers(0.1F, 0.3F, 0.2F);
  const AddMultipliers add_m = add_multipliers(0.1F, 0.3F, 0.2F);
  EXPECT_EQ(sub_m.second, add_m.second); // a half either way
  EXPECT_EQ(sub_m.first, quantize_multiplier(static_cast<double>(0.1F / 0.6F)));
  EXPECT_NE(sub_m.first, add_m.first);
}

TEST(Quotient, IsTheRealOneWithinOne) {
  const Multiplier m = div_multiplier(0.5F, 0.25F, 0.1F); // a / b * 20
  EXPECT_EQ(quotient(10, 5, m), 40);
  EXPECT_EQ(quotient(-10, 5, m), -40);
  EXPECT_EQ(quotient(-1, -1, m), 20);
  EXPECT_EQ(quotient(0, 0, m), 0);
  EXPECT_GT(quotient(1, 0, m), 255);
  EXPECT_LT(quotient(-1, 0, m), -255);
  for (std::int32_t a = -255; a <= 255; a += 7) {
    for (std::int32_t b = 1; b <= 255; b += 11) {
      EXPECT_NEAR(quotient(a, b, m), 20.0 * a / b, 0.51) << a << " / " << b;
    }
  }
}

TEST(MatMulQuantized, TakesZeroPointsOffBothOperands) {
  const std::int8_t a[] = {3, 4, 5, 6};
  const std::int8_t b[] = {-1, 1, 0, 2};
  std::int8_t y[4];
  matmul<std::int8_t>(2, 2, 2, {1, -2, 10, quantize_multiplier(0.5)}, a, b, y);
  // (2 3; 4 5) * (1 3; 2 4) = (8 18; 14 32), halved, plus 10.
  EXPECT_THAT(y, ElementsAre(14, 19, 17, 26));
  const std::int16_t wide_a[] = {30000, 30000};
  const std::int16_t wide_b[] = {30000, 30000};
  std::int16_t z[1];
  matmul<std::int16_t>(1, 2, 1, {0, 0, 0, quantize_multiplier(1.0 / (1 << 20))}, wide_a, wide_b, z);
  EXPECT_EQ(z[0], 1717); // 1.8e9 / 2^20 = 1716.6
}

} // namespace
} // namespace tinyml::kernels::reference
