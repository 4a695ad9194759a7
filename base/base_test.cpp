// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hpp"
#include "base/crc32.hpp"
#include "base/error.hpp"

#include <gtest/gtest.h>

namespace tinyml {
namespace {

TEST(Crc32, MatchesThePublishedCheckValue) { EXPECT_EQ(crc32(as_bytes("123456789")), 0xCBF43926U); }

TEST(Crc32, ContinuesARunningSum) {
  EXPECT_EQ(crc32(as_bytes("56789"), crc32(as_bytes("1234"))), crc32(as_bytes("123456789")));
}

TEST(ByteReader, RefusesToReadPastTheEnd) {
  const std::uint8_t bytes[] = {1, 2, 3};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.take_be<std::uint16_t>(), 0x0102);
  EXPECT_EQ(reader.take_be<std::uint16_t>(), std::nullopt);
  EXPECT_EQ(reader.take_le<std::uint8_t>(), 3);
  EXPECT_TRUE(reader.empty());
}

TEST(ByteWriter, RemembersAnOverflowAndWritesNothingAfterIt) {
  std::uint8_t buffer[3] = {};
  ByteWriter writer(buffer);
  writer.put_be<std::uint16_t>(0xABCD);
  writer.put_le<std::uint16_t>(0x1234);
  writer.put(std::uint8_t{7});
  EXPECT_TRUE(writer.overflown());
  EXPECT_EQ(writer.size(), 2U);
  EXPECT_EQ(buffer[2], 0);
}

TEST(Endian, LoadsWhatItStored) {
  std::uint8_t buffer[8] = {};
  store_le<std::uint64_t>(buffer, 0x0102030405060708U);
  EXPECT_EQ(buffer[0], 8);
  EXPECT_EQ(load_be<std::uint64_t>(buffer), 0x0807060504030201U);
}

TEST(Result, CarriesAValueOrAnError) {
  const auto half = [](int number) -> Expected<int> {
    if (number % 2 != 0) {
      return fail(ErrorCode::kInvalidInput, "odd");
    }
    return number / 2;
  };
  EXPECT_EQ(*half(8), 4);
  EXPECT_EQ(half(7).error().message, "odd");
}

} // namespace
} // namespace tinyml
