// SPDX-License-Identifier: Apache-2.0
// Quantised functions of two, resizing and transposed convolution by hand-worked values.
#include "kernels/generic/resize_bilinear_int8.hpp"
#include "kernels/reference/binary_quantized.hpp"
#include "kernels/reference/resize_bilinear.hpp"
#include "kernels/reference/transpose_conv2d.hpp"

#include <gmock/gmock.h>

namespace tinyml::kernels::reference {
namespace {

using ::testing::ElementsAre;

TEST(SquaredDifference, IsSquaredWithSpareBits) {
  const auto m = square_multipliers(0.5F, 0.5F, 1, kSquareShift<std::int8_t>);
  EXPECT_EQ(squared_difference<std::int8_t>(m, {0, 0, 0}, 10, 4), 9);
  EXPECT_EQ(squared_difference<std::int8_t>(m, {-2, 1, -100}, 10, 4), -80); // 4.5^2 = 20.25
  EXPECT_EQ(squared_difference<std::int8_t>(m, {0, 0, 0}, 100, -100), 127);
  const auto wide = square_multipliers(0.5F, 0.25F, 1, kSquareShift<std::int16_t>);
  EXPECT_EQ(squared_difference<std::int16_t>(wide, {0, 0, 0}, 200, 80), 6400); // (100 - 20)^2
}

TEST(Prelu, HasASlopeBelowZero) {
  const auto m = prelu_multipliers(0.5F, 0.25F, 0.5F);
  EXPECT_EQ(prelu<std::int8_t>(m, {0, 0, 0}, 5, 3), 5);
  EXPECT_EQ(prelu<std::int8_t>(m, {0, 0, 0}, -8, 3), -6);
  EXPECT_EQ(prelu<std::int8_t>(m, {2, -1, 10}, -6, 3), 2); // -8 * 4 * 0.25 + 10
}

std::vector<std::int8_t> resized(const std::vector<std::int8_t> &x, std::int32_t out,
                                 BilinearGrid grid) {
  const auto in = static_cast<std::int32_t>(x.size());
  const auto rows = bilinear_places(1, 1, grid);
  const auto columns = bilinear_places(in, out, grid);
  std::vector<std::int8_t> y(static_cast<std::size_t>(out));
  resize_bilinear({1, 1, in, 1}, rows, columns, x.data(), y.data());
  return y;
}

TEST(ResizeBilinear, KnowsThreeGrids) {
  EXPECT_THAT(resized({0, 100}, 4, BilinearGrid::kHalfPixel), ElementsAre(0, 25, 75, 100));
  EXPECT_THAT(resized({0, 100}, 4, BilinearGrid::kAsymmetric), ElementsAre(0, 50, 100, 100));
  EXPECT_THAT(resized({0, 100}, 3, BilinearGrid::kAlignCorners), ElementsAre(0, 50, 100));
  EXPECT_THAT(resized({-128, 0, 127}, 1, BilinearGrid::kAlignCorners), ElementsAre(-128));
}

TEST(ResizeBilinear, RoundsHalvesAwayFromZero) {
  EXPECT_THAT(resized({0, -1}, 3, BilinearGrid::kAlignCorners), ElementsAre(0, -1, -1));
  EXPECT_THAT(resized({0, 1}, 3, BilinearGrid::kAlignCorners), ElementsAre(0, 1, 1));
  for (std::int32_t x = -(1 << 27); x < 1 << 27; x += 104729) {
    ASSERT_EQ(generic::without_twenty_bits(x), static_cast<std::int8_t>(without_twenty_bits(x)));
  }
}

TEST(TransposeConv2dInt8, SpreadsEveryInput) {
  const Conv2dShape shape{{1, 1, 2, 1}, {1, 1, 3, 1}, {1, 2}};
  const std::int8_t x[] = {1, 2};
  const std::int8_t filter[] = {1, 10};
  const std::int32_t bias[] = {-4};
  const Multiplier one[] = {quantize_multiplier(1)};
  std::int8_t y[3];
  transpose_conv2d(shape, x, -1, filter, nullptr, {one, 0, -128, 127}, y);
  EXPECT_THAT(y, ElementsAre(2, 23, 30));
  transpose_conv2d(shape, x, 0, filter, bias, {one, 1, 0, 16}, y);
  EXPECT_THAT(y, ElementsAre(0, 9, 16));
}

} // namespace
} // namespace tinyml::kernels::reference
