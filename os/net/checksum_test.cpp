// SPDX-License-Identifier: Apache-2.0
#include "os/net/checksum.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tinyml::net {
namespace {

/// RFC 1071's definition word for word: one carry at a time.
std::uint16_t naive_checksum(const std::vector<std::uint8_t> &bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const std::uint32_t low = i + 1 < bytes.size() ? bytes[i + 1] : 0;
    sum += static_cast<std::uint32_t>(bytes[i]) * 256 + low;
    if (sum > 0xFFFF) {
      sum = sum - 0x10000 + 1;
    }
  }
  return static_cast<std::uint16_t>(0xFFFF - sum);
}

TEST(Checksum, EqualsTheNaiveOneForEveryLengthAFrameCanHave) {
  std::mt19937 random(1071);
  for (std::size_t length = 0; length <= 1500; ++length) {
    std::vector<std::uint8_t> bytes(length);
    for (auto &byte : bytes) {
      byte = static_cast<std::uint8_t>(random());
    }
    ASSERT_EQ(checksum_finish(checksum_add(0, bytes)), naive_checksum(bytes)) << length;
  }
}

TEST(Checksum, SurvivesTheLargestSumWithoutLosingACarry) {
  const std::vector<std::uint8_t> ones(65534, 0xFF);
  EXPECT_EQ(checksum_finish(checksum_add(0xFFFFU, ones)), naive_checksum(ones));
}

TEST(Checksum, KnownExampleOfRfc1071) {
  const std::uint8_t bytes[] = {0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7};
  EXPECT_EQ(checksum_finish(checksum_add(0, bytes)), static_cast<std::uint16_t>(~0xDDF2));
}

} // namespace
} // namespace tinyml::net
