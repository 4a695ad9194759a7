// SPDX-License-Identifier: Apache-2.0
// Quantised operators by hand-worked values.
#include "kernels/reference/binary.hpp"
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

} // namespace
} // namespace tinyml::kernels::reference
