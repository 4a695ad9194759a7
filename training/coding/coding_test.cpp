// SPDX-License-Identifier: Apache-2.0
#include "training/coding/coding.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace tinyml::training {
namespace {

constexpr Coding kAll[] = {Coding::kFloat32, Coding::kInt8, Coding::kInt4, Coding::kOneBit,
                           Coding::kTopK};

std::vector<float> noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.01F);
  std::vector<float> values(count);
  std::generate(values.begin(), values.end(), [&] { return normal(random); });
  return values;
}

double norm(const std::vector<float> &values) {
  return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0));
}

class EveryCoding : public testing::TestWithParam<Coding> {};

/// Decoded and residual together are the update: nothing is lost for good.
TEST_P(EveryCoding, KeepsWhatItDoesNotSay) {
  for (const std::size_t count : {1U, 2U, 7U, 16U, 17U, 255U, 256U}) {
    const auto update = noise(count, 7);
    auto residual = update;
    std::vector<std::uint8_t> coded(
        coded_block_bytes(GetParam(), static_cast<std::uint32_t>(count)));
    ASSERT_TRUE(encode_block(GetParam(), residual, coded));
    std::vector<float> decoded(count);
    ASSERT_TRUE(decode_block(GetParam(), coded, decoded));
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_NEAR(decoded[i] + residual[i], update[i], 1e-6F);
    }
  }
}

/// With error feedback the sum of what arrives follows the sum of what was sent.
TEST_P(EveryCoding, FollowsTheSumOverRounds) {
  constexpr std::size_t kCount = 256;
  constexpr unsigned kRounds = 200;
  std::vector<float> residual(kCount);
  std::vector<float> sent(kCount);
  std::vector<float> arrived(kCount);
  for (unsigned round = 0; round < kRounds; ++round) {
    const auto update = noise(kCount, round);
    std::transform(update.begin(), update.end(), sent.begin(), sent.begin(), std::plus<>());
    std::transform(update.begin(), update.end(), residual.begin(), residual.begin(), std::plus<>());
    std::vector<std::uint8_t> coded(coded_block_bytes(GetParam(), kCount));
    std::vector<float> decoded(kCount);
    ASSERT_TRUE(encode_block(GetParam(), residual, coded));
    ASSERT_TRUE(decode_block(GetParam(), coded, decoded));
    std::transform(decoded.begin(), decoded.end(), arrived.begin(), arrived.begin(), std::plus<>());
  }
  std::vector<float> missing(kCount);
  std::transform(sent.begin(), sent.end(), arrived.begin(), missing.begin(), std::minus<>());
  EXPECT_LT(norm(missing), norm(sent));
  EXPECT_NEAR(norm(missing), norm(residual), 1e-3);
}

TEST_P(EveryCoding, RefusesWhatIsNotFinite) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<float> block = {1, bad, 3};
    std::vector<std::uint8_t> coded(coded_block_bytes(GetParam(), 3));
    EXPECT_FALSE(encode_block(GetParam(), block, coded));
    EXPECT_EQ(block[0], 1);
  }
  std::vector<std::uint8_t> hostile(coded_block_bytes(GetParam(), 3), 0xFF);
  std::vector<float> block(3);
  EXPECT_FALSE(decode_block(GetParam(), hostile, block));
  EXPECT_FALSE(decode_block(GetParam(), ByteView(hostile).first(2), block));
}

TEST_P(EveryCoding, TakesZerosAndTheLargestNumbers) {
  for (const float value : {0.0F, 1e-44F, std::numeric_limits<float>::max() / 8}) {
    std::vector<float> block(16, value);
    std::vector<std::uint8_t> coded(coded_block_bytes(GetParam(), 16));
    std::vector<float> decoded(16);
    ASSERT_TRUE(encode_block(GetParam(), block, coded)) << value;
    ASSERT_TRUE(decode_block(GetParam(), coded, decoded)) << value;
    EXPECT_NEAR(decoded[0], value, value * 0.04F + 1e-30F);
  }
}

TEST_P(EveryCoding, HasAName) {
  Coding found = Coding::kFloat32;
  EXPECT_TRUE(find_coding(coding_name(GetParam()), found));
  EXPECT_EQ(found, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Codings, EveryCoding, testing::ValuesIn(kAll), [](const auto &coding) {
  return "is_" + std::string(coding_name(coding.param));
});

TEST(Coding, LeNetFitsItsBudget) {
  constexpr std::uint32_t kLeNet = 61'706;
  EXPECT_EQ(coded_bytes(Coding::kFloat32, kLeNet), 246'824U);
  EXPECT_LE(coded_bytes(Coding::kInt4, kLeNet), 31'400U);
  EXPECT_LE(coded_bytes(Coding::kOneBit, kLeNet), 8'700U);
}

TEST(Coding, UnknownNamesAreRefused) {
  Coding coding = Coding::kInt8;
  EXPECT_FALSE(find_coding("int3", coding));
  EXPECT_EQ(coding_name(static_cast<Coding>(9)), "");
}

} // namespace
} // namespace tinyml::training
