// SPDX-License-Identifier: Apache-2.0
// int16 arithmetic by hand-worked values and against real mathematics.
#include "kernels/reference/binary_int16.hpp"
#include "kernels/reference/products_int16.hpp"
#include "kernels/reference/sigmoid16.hpp"
#include "kernels/reference/softmax16_tables.hpp"

#include <gmock/gmock.h>

#include <random>

namespace tinyml::kernels::reference {
namespace {

using ::testing::ElementsAre;

TEST(MultiplyWide, RoundsOnceHalvesUp) {
  const Multiplier half = quantize_multiplier(0.5);
  EXPECT_EQ(fraction16(half), 1 << 14);
  EXPECT_EQ(multiply_wide(3, fraction16(half), half.shift), 2);
  EXPECT_EQ(multiply_wide(-3, fraction16(half), half.shift), -1);
  EXPECT_EQ(multiply_wide(1LL << 40, 1 << 14, -30), 1 << 9);
  EXPECT_EQ(fraction16({0x7FFFFFFF, 0}), 0x7FFF); // would round to one
}

TEST(ProductsInt16, SumInTheWidthOfTheirBias) {
  const std::int16_t x[] = {30000, -20000, 7};
  const std::int8_t weights[] = {127, -128, 3};
  const std::int64_t bias[] = {-21};
  const Multiplier m[] = {quantize_multiplier(1.0 / 1024)};
  std::int16_t y[1];
  fully_connected({1, 3, 1}, x, weights, bias, {m, true}, y);
  EXPECT_EQ(y[0], 6221); // (3810000 + 2560000 + 21 - 21) / 1024 = 6220.7
  fully_connected({1, 3, 1}, x, weights, nullptr, {m, false, 0, 6000}, y);
  EXPECT_EQ(y[0], 6000); // clamped
  // 2^33 needs 64 bits; in 32 bits it is gone.
  const std::int64_t large[] = {1LL << 33};
  const Multiplier tiny[] = {quantize_multiplier(1.0 / (1 << 30))};
  const std::int16_t nothing[] = {0, 0, 0};
  fully_connected({1, 3, 1}, nothing, weights, large, {tiny, true}, y);
  EXPECT_EQ(y[0], 8);
  fully_connected({1, 3, 1}, nothing, weights, large, {tiny, false}, y);
  EXPECT_EQ(y[0], 0);
}

TEST(ProductsInt16, ConvolveAndSeparateChannels) {
  const Conv2dShape shape{{1, 1, 3, 2}, {1, 1, 2, 2}, {1, 2}};
  const std::int16_t x[] = {100, 1, 200, 2, 300, 3};
  const std::int8_t dense[] = {1, 0, 0, 10, 0, 1, 1, 0}; // two filters of two taps
  const std::int8_t separate[] = {1, 2, 3, 4};           // two taps of two channels
  const Multiplier one[] = {quantize_multiplier(1), quantize_multiplier(1)};
  std::int16_t y[4];
  conv2d(shape, x, dense, nullptr, {one, true}, y);
  EXPECT_THAT(y, ElementsAre(120, 201, 230, 302));
  depthwise_conv2d(shape, x, separate, nullptr, {one, true}, y);
  EXPECT_THAT(y, ElementsAre(700, 10, 1100, 16));
}

TEST(BinaryInt16, HasFifteenSpareBits) {
  const BroadcastShape shape{{1, 1, 1, 1, 1, 3}, {0, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 0}};
  const std::int16_t a[] = {0, 1000, 32767};
  const std::int16_t b = -2000;
  std::int16_t y[3];
  const auto add_m = add_multipliers(0.5F, 0.25F, 0.5F, AddMultipliers::kLeftShift16);
  add16(shape, add_m, -32768, 32767, a, &b, y);
  EXPECT_THAT(y, ElementsAre(-1000, 0, 31767));
  const auto sub_m = sub_multipliers(0.5F, 0.25F, 0.5F, AddMultipliers::kLeftShift16);
  sub16(shape, sub_m, -32768, 32767, a, &b, y);
  EXPECT_THAT(y, ElementsAre(1000, 2000, 32767));
  mul16(shape, convolution_multiplier(0.5F, 0.25F, 128), -32768, 32767, a, &b, y);
  EXPECT_THAT(y, ElementsAre(0, -1953, -32768)); // 1000 * -2000 / 1024; the last saturates
}

TEST(SigmoidTable, IsThePublishedOne) {
  std::uint64_t sum = 0;
  std::uint64_t weighted = 0;
  for (std::uint64_t i = 0; i < 256; ++i) {
    sum += kSigmoidTable.at[i];
    weighted += (i + 1) * kSigmoidTable.at[i];
  }
  EXPECT_EQ(sum, 15670629U);
  EXPECT_EQ(weighted, 2123733574U);
  EXPECT_EQ(kSigmoidTable.at[4], 35493);
  EXPECT_EQ(kSigmoidTable.at[65], 61441);
}

TEST(Sigmoid16, IsExactAtItsEnds) {
  const SigmoidInput q12 = sigmoid_input(1.0F / 4096, false);
  EXPECT_EQ(sigmoid16(0, q12), 16384);
  EXPECT_EQ(sigmoid16(32767, {12, 0}), 32767);
  EXPECT_EQ(sigmoid16(-32768, {12, 0}), 1);
  EXPECT_EQ(tanh16(0, q12), 0);
  EXPECT_EQ(tanh16(32767, {12, 0}), 32767);
  EXPECT_EQ(tanh16(-32768, {12, 0}), -32767);
}

TEST(Sigmoid16, FollowsTheRealFunction) {
  for (const float scale : {1.0F / 4096, 1.0F / 2048, 0.0007F, 0.00001F, 0.002F}) {
    const SigmoidInput sigmoid = sigmoid_input(scale, false);
    const SigmoidInput tanh = sigmoid_input(scale, true);
    for (std::int32_t code = -32768; code <= 32767; code += 37) {
      const auto x = static_cast<std::int16_t>(code);
      const double real = static_cast<double>(scale) * code;
      EXPECT_NEAR(sigmoid16(x, sigmoid), 32768 / (1 + std::exp(-real)), 1.6) << real;
      EXPECT_NEAR(tanh16(x, tanh), 32768 * std::tanh(real), 3) << real;
    }
  }
}

TEST(Softmax16, TablesEndWhereTheFunctionsDo) {
  // 32768 * exp(-10) is 1.49; the middle of the first step, 1.503, is rounded up, and so is half of
  // the difference that this makes.
  EXPECT_EQ(softmax_exponentials().front(), 2);
  EXPECT_EQ(softmax_exponentials().back(), 32767);
  EXPECT_EQ(softmax_reciprocals().front(), 32767);
  EXPECT_EQ(softmax_reciprocals().back(), 16384);
  EXPECT_EQ(softmax_reciprocals()[256], 21845); // 1 / 1.5
}

TEST(Softmax16, FollowsTheRealFunction) {
  const SoftmaxTable exponentials = softmax_exponentials();
  const SoftmaxTable reciprocals = softmax_reciprocals();
  std::mt19937 random(1);
  std::uniform_int_distribution<std::int32_t> code(-32768, 32767);
  for (const float scale : {0.0001F, 0.0003F, 0.001F}) {
    const Softmax16 p{softmax16_multiplier(1, scale), exponentials.data(), reciprocals.data()};
    std::vector<std::int16_t> x(7);
    std::generate(x.begin(), x.end(), [&] { return static_cast<std::int16_t>(code(random)); });
    std::vector<double> real;
    for (const std::int16_t value : x) {
      real.push_back(std::exp(static_cast<double>(scale) * (value - 32767)));
    }
    double sum = 0;
    for (const double e : real) {
      sum += e;
    }
    softmax16_row(p, 7, x.data(), x.data()); // in place
    for (std::size_t i = 0; i < 7; ++i) {
      EXPECT_NEAR(x[i], 32768 * real[i] / sum, 16);
    }
  }
}

} // namespace
} // namespace tinyml::kernels::reference
