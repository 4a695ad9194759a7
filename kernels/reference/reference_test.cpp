// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/binary.hpp"
#include "kernels/reference/depthwise_conv2d.hpp"
#include "kernels/reference/fixed_point.hpp"
#include "kernels/reference/fully_connected.hpp"
#include "kernels/reference/move.hpp"
#include "kernels/reference/pool2d.hpp"
#include "kernels/reference/softmax.hpp"
#include "kernels/reference/unary.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace tinyml::kernels::reference {
namespace {

using ::testing::ElementsAre;

TEST(Requantize, FullyConnectedLayersRoundTheProductOfScalesToFloat) {
  constexpr Multiplier kLayer = fully_connected_multiplier(0.1F, 0.3F, 1);
  constexpr Multiplier kConvolution = convolution_multiplier(0.1F, 0.3F, 1);
  EXPECT_EQ(kLayer.value % 128, 0) << "24 bits of 31";
  EXPECT_NE(kConvolution.value % 128, 0);
  EXPECT_EQ(kLayer.shift, kConvolution.shift);
}

TEST(Multiplier, SplitsRealNumbersExactly) {
  EXPECT_EQ(quantize_multiplier(1.0), (Multiplier{1 << 30, 1}));
  EXPECT_EQ(quantize_multiplier(0.5), (Multiplier{1 << 30, 0}));
  EXPECT_EQ(quantize_multiplier(0), (Multiplier{0, 0}));
  EXPECT_EQ(quantize_multiplier(std::ldexp(1, -40)), (Multiplier{0, 0}));
  // Just below one rounds up to 2^31 and becomes the next power of two.
  EXPECT_EQ(quantize_multiplier(std::nextafter(1.0, 0)), (Multiplier{1 << 30, 1}));
}

TEST(Multiplier, AgreesWithFrexp) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> exponents(-30, 20);
  for (int i = 0; i < 10000; ++i) {
    const double real = std::exp2(exponents(random));
    int shift = 0;
    const double fraction = std::frexp(real, &shift);
    auto expected =
        static_cast<std::int64_t>(std::round(fraction * static_cast<double>(1LL << 31)));
    if (expected == (1LL << 31)) {
      expected /= 2;
      ++shift;
    }
    const Multiplier m = quantize_multiplier(real);
    ASSERT_EQ(m.value, expected) << real;
    ASSERT_EQ(m.shift, shift) << real;
  }
}

TEST(Multiplier, ScalesWithinOneUnit) {
  std::mt19937 random(2);
  std::uniform_int_distribution<std::int32_t> accumulators(-2000000, 2000000);
  for (int i = 0; i < 10000; ++i) {
    const double real = 0.00037 * (1 + i % 17);
    const std::int32_t x = accumulators(random);
    const std::int32_t y = multiply_by_quantized_multiplier(x, quantize_multiplier(real));
    ASSERT_NEAR(y, x * real, 0.51) << x;
  }
}

TEST(Rounding, HalvesGoAwayFromZero) {
  EXPECT_EQ(rounding_divide_by_power_of_two(5, 1), 3);
  EXPECT_EQ(rounding_divide_by_power_of_two(-5, 1), -3);
  EXPECT_EQ(rounding_divide_by_power_of_two(-7, 2), -2);
  EXPECT_EQ(rounding_divide_by_power_of_two(7, 0), 7);
  EXPECT_EQ(rounded_average(7, 2), 4);
  EXPECT_EQ(rounded_average(-7, 2), -4);
  EXPECT_EQ(saturating_rounding_doubling_high_mul(INT32_MIN, INT32_MIN), INT32_MAX);
}

TEST(Rounding, HappensTwice) {
  // A quarter: the high multiplication makes 0.5 a 1, the shift makes its half a 1 again.
  EXPECT_EQ(multiply_by_quantized_multiplier(1, {1 << 30, -1}), 1);
}

TEST(FixedPoint, ExpIsExact) {
  for (double x = -20; x <= 0; x += 0.0137) {
    const auto fixed = static_cast<std::int32_t>(x * (1 << 26));
    const double y = exp_on_negative_values(fixed) / 2147483648.0;
    EXPECT_NEAR(y, std::exp(x), 3e-7) << x;
  }
  EXPECT_EQ(exp_on_negative_values(0), INT32_MAX);
}

TEST(FixedPoint, ReciprocalIsExact) {
  for (double x = 1; x < 4000; x *= 1.1) {
    const auto fixed = static_cast<std::int32_t>(x * (1 << 19)); // Q12.19
    const Reciprocal r = reciprocal(fixed, 12);
    EXPECT_NEAR(std::ldexp(r.value, -31 - r.bits_over_unit) * x, 1, 1e-5) << x;
  }
}

TEST(Softmax, Int8FollowsFloat) {
  const float scale = 0.1F;
  const std::int8_t x[] = {-128, 0, 20, 100, 110, 127};
  std::int8_t y[6];
  softmax(1, 6, x, softmax_constants(1, scale), y);
  float real[6];
  float expected[6];
  std::transform(x, x + 6, real, [=](std::int8_t v) { return scale * static_cast<float>(v); });
  softmax(1, 6, real, 1.0F, expected);
  for (int i = 0; i < 6; ++i) {
    EXPECT_NEAR(y[i] + 128, expected[i] * 256, 1) << i;
  }
}

TEST(Softmax, OneElementIsCertain) {
  const std::int8_t x = 5;
  std::int8_t y = 0;
  softmax(1, 1, &x, softmax_constants(1, 0.05F), &y);
  EXPECT_EQ(y, 127);
}

TEST(Conv2d, Int8EqualsItsDefinition) {
  const Conv2dShape shape{{1, 2, 2, 1}, {1, 2, 2, 1}, {2, 2, 1, 1, 1, 1, 0, 0}, 1};
  const std::int8_t x[] = {10, 20, 30, 40};
  const std::int8_t filter[] = {1, 2, 3, 4};
  const std::int32_t bias = 7;
  const Multiplier half = quantize_multiplier(0.5);
  std::int8_t y[4];
  conv2d(shape, x, -5, filter, &bias, {&half, 3, -128, 100}, y);
  // Sums of (x + 5) * filter where inside, plus 7: 357, 167, 132, 52; halved, plus 3, at most 100.
  EXPECT_THAT(y, ElementsAre(100, 87, 69, 29));
}

TEST(DepthwiseConv2d, EqualsAGroupedConvolution) {
  std::mt19937 random(3);
  std::uniform_int_distribution<int> bytes(-128, 127);
  constexpr std::int32_t kChannels = 3;
  constexpr std::int32_t kMultiplier = 2;
  const Conv2dShape shape{{2, 5, 4, kChannels},
                          {2, 3, 2, kChannels * kMultiplier},
                          {3, 2, 2, 2, 1, 1, 1, 0},
                          kChannels};
  constexpr std::size_t kOutputs = std::size_t{kChannels} * kMultiplier;
  std::vector<std::int8_t> x(std::size_t{kChannels} * 2 * 5 * 4);
  std::vector<std::int8_t> ohwi(kOutputs * 3 * 2);
  std::vector<std::int8_t> hwo(ohwi.size());
  std::generate(x.begin(), x.end(), [&] { return static_cast<std::int8_t>(bytes(random)); });
  for (std::size_t o = 0; o < kOutputs; ++o) {
    for (std::size_t k = 0; k < 6; ++k) {
      ohwi[o * 6 + k] = static_cast<std::int8_t>(bytes(random));
      hwo[k * kOutputs + o] = ohwi[o * 6 + k];
    }
  }
  const std::vector<Multiplier> multipliers(kOutputs, quantize_multiplier(0.003));
  std::vector<std::int8_t> grouped(kOutputs * 2 * 3 * 2);
  std::vector<std::int8_t> depthwise(grouped.size());
  const Int8Output output{multipliers.data(), 5};
  conv2d(shape, x.data(), 9, ohwi.data(), nullptr, output, grouped.data());
  depthwise_conv2d(shape, x.data(), 9, hwo.data(), nullptr, output, depthwise.data());
  EXPECT_EQ(grouped, depthwise);
}

TEST(FullyConnected, SubtractsTheZeroPointAndClamps) {
  const std::int8_t x[] = {1, 2, 3};
  const std::int8_t weights[] = {1, 1, 1, -10, -10, -10};
  const std::int32_t bias[] = {0, 100};
  const Multiplier one[] = {quantize_multiplier(1), quantize_multiplier(1)};
  std::int8_t y[2];
  fully_connected({1, 3, 2}, x, -1, weights, bias, {one, -4, -4, 127}, y);
  EXPECT_THAT(y, ElementsAre(5, 6));
}

TEST(Add, BringsBothToOneScale) {
  const BroadcastShape shape{{1, 1, 1, 1, 1, 3}, {0, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 0}};
  const std::int8_t a[] = {0, 10, 100};
  const std::int8_t b = 20;
  std::int8_t y[3];
  add(shape, add_multipliers(0.5F, 0.25F, 0.5F), {0, 0, 0}, a, &b, y);
  EXPECT_THAT(y, ElementsAre(10, 20, 110));
  sub(shape, add_multipliers(0.5F, 0.25F, 0.5F), {0, 0, 0}, a, &b, y);
  EXPECT_THAT(y, ElementsAre(-10, 0, 90));
  mul(shape, convolution_multiplier(0.5F, 0.25F, 0.5F), {0, 0, 0}, a, &b, y);
  EXPECT_THAT(y, ElementsAre(0, 50, 127));
}

TEST(Pool2d, PaddingTakesNoPart) {
  const Pool2dShape shape{{1, 2, 2, 1}, {1, 2, 2, 1}, {2, 2, 1, 1, 1, 1, 1, 1}};
  const std::int8_t x[] = {-10, -20, -30, -41};
  std::int8_t y[4];
  max_pool2d(shape, x, y);
  EXPECT_THAT(y, ElementsAre(-10, -10, -10, -10));
  average_pool2d(shape, x, y);
  EXPECT_THAT(y, ElementsAre(-10, -15, -20, -25));
}

TEST(Quantize, RoundsHalvesAwayAndSaturates) {
  const float x[] = {0.25F, -0.25F, 1e9F, -1e9F, std::nanf("")};
  std::int8_t y[5];
  quantize(5, x, 0.5F, 10, y);
  EXPECT_THAT(y, ElementsAre(11, 9, 127, -128, 10));
}

TEST(Requantize, ChangesScaleAndZeroPoint) {
  const std::int8_t x[] = {-128, 0, 127};
  std::int8_t y[3];
  requantize(3, x, 0, quantize_multiplier(0.5), 1, y);
  EXPECT_THAT(y, ElementsAre(-63, 1, 65));
}

TEST(Transpose, MovesEveryElement) {
  const std::uint8_t x[] = {1, 2, 3, 4, 5, 6};
  std::uint8_t y[6];
  transpose({1, 1, 1, 1, 2, 3}, {0, 1, 2, 3, 5, 4}, 1, x, y);
  EXPECT_THAT(y, ElementsAre(1, 4, 2, 5, 3, 6));
}

TEST(Pad, FillsAround) {
  const std::uint8_t x[] = {1, 2};
  const std::uint8_t filler = 9;
  std::uint8_t y[8];
  pad({1, 1, 1, 1, 1, 2}, {1, 1, 1, 1, 2, 4}, {0, 0, 0, 0, 1, 1}, 1, &filler, x, y);
  EXPECT_THAT(y, ElementsAre(9, 9, 9, 9, 9, 1, 2, 9));
}

} // namespace
} // namespace tinyml::kernels::reference
