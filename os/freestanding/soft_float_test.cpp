// SPDX-License-Identifier: Apache-2.0
#include "os/freestanding/soft_float.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace tinyml::soft_float {
namespace {

Bits bits_of(float x) { return std::isnan(x) ? kNotANumber : std::bit_cast<Bits>(x); }
float float_of(Bits x) { return std::bit_cast<float>(x); }

/// Zeros, the borders of subnormal, normal and infinite numbers, neighbours of powers of two.
std::vector<Bits> special_numbers() {
  std::vector<Bits> numbers = {0,          1,          2,          0x007FFFFF, 0x00800000,
                               0x00800001, 0x3F800000, 0x3F7FFFFF, 0x3F800001, 0x4B000000,
                               0x4B000001, 0x4B7FFFFF, 0x7F000000, 0x7F7FFFFF, 0x7F800000,
                               0x7FC00000, 0x00400000, 0x33800000};
  for (std::size_t i = 0, count = numbers.size(); i < count; ++i) {
    numbers.push_back(numbers[i] | kSign);
  }
  return numbers;
}

/// Of any size, and of similar sizes, where digits cancel.
std::vector<std::pair<Bits, Bits>> pairs() {
  std::vector<std::pair<Bits, Bits>> all;
  for (const Bits a : special_numbers()) {
    for (const Bits b : special_numbers()) {
      all.emplace_back(a, b);
    }
  }
  std::mt19937 random(1);
  for (int i = 0; i < 400'000; ++i) {
    const auto a = static_cast<Bits>(random());
    all.emplace_back(a, i % 2 == 0 ? static_cast<Bits>(random())
                                   : a ^ static_cast<Bits>(random() & 0x82FFFFFF));
  }
  return all;
}

TEST(SoftFloat, CalculatesAsTheProcessorDoes) {
  for (const auto &[a, b] : pairs()) {
    const float x = float_of(a);
    const float y = float_of(b);
    ASSERT_EQ(add(a, b), bits_of(x + y)) << x << " + " << y;
    ASSERT_EQ(subtract(a, b), bits_of(x - y)) << x << " - " << y;
    ASSERT_EQ(multiply(a, b), bits_of(x * y)) << x << " * " << y;
    ASSERT_EQ(divide(a, b), bits_of(x / y)) << x << " / " << y;
  }
}

TEST(SoftFloat, ConvertsIntegersAsTheProcessorDoes) {
  std::mt19937 random(2);
  for (int i = 0; i < 200'000; ++i) {
    const auto value = static_cast<std::uint32_t>(random() >> (i % 32));
    const auto number = static_cast<std::int32_t>(value);
    ASSERT_EQ(from_unsigned(value), bits_of(static_cast<float>(value)));
    ASSERT_EQ(from_signed(number), bits_of(static_cast<float>(number)));
    ASSERT_EQ(from_signed(-1 - number), bits_of(static_cast<float>(-1 - number)));
  }
  EXPECT_EQ(from_signed(INT32_MIN), bits_of(-2147483648.0F));
  EXPECT_EQ(from_unsigned(0xFFFFFFFF), bits_of(4294967296.0F));
}

TEST(SoftFloat, CutsTowardsZero) {
  std::mt19937 random(3);
  for (int i = 0; i < 200'000; ++i) {
    const float x = std::ldexp(static_cast<float>(static_cast<std::int32_t>(random())), -(i % 40));
    if (x < 2147483648.0F) {
      ASSERT_EQ(to_signed(bits_of(x)), static_cast<std::int32_t>(x)) << x;
    }
    if (x >= 0) {
      ASSERT_EQ(to_unsigned(bits_of(x)), static_cast<std::uint32_t>(x)) << x;
    }
  }
  EXPECT_EQ(to_signed(bits_of(1e20F)), INT32_MAX);
  EXPECT_EQ(to_signed(bits_of(-1e20F)), INT32_MIN);
  EXPECT_EQ(to_signed(kNotANumber), 0);
  EXPECT_EQ(to_unsigned(bits_of(-1.0F)), 0U);
  EXPECT_EQ(to_unsigned(bits_of(1e20F)), 0xFFFFFFFFU);
}

} // namespace
} // namespace tinyml::soft_float
