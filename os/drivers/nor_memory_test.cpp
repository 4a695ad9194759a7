// SPDX-License-Identifier: Apache-2.0
#include "os/drivers/nor_memory.hpp"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>

namespace tinyml::drivers {
namespace {

using hal::Status;

constexpr hal::StoreInfo kInfo = {.size_bytes = 1024, .sector_bytes = 256, .program_bytes = 16};

struct NorMemoryTest : testing::Test {
  std::array<std::uint8_t, kInfo.size_bytes> memory = {};
  NorMemory flash{memory.data(), kInfo};
  std::array<std::uint8_t, 32> pattern = {1, 2, 3, 4};
};

TEST_F(NorMemoryTest, ErasesExactlyTheSectorsAskedFor) {
  EXPECT_EQ(flash.erase(256, 512), Status::kOk);
  EXPECT_EQ(std::count(memory.begin(), memory.end(), 0xFF), 512);
  EXPECT_EQ(memory[255], 0);
  EXPECT_EQ(memory[768], 0);
}

TEST_F(NorMemoryTest, ReadsBackWhatWasWritten) {
  ASSERT_EQ(flash.erase(0, 256), Status::kOk);
  ASSERT_EQ(flash.write(16, pattern), Status::kOk);
  std::array<std::uint8_t, 32> found = {};
  ASSERT_EQ(flash.read(16, found), Status::kOk);
  EXPECT_EQ(found, pattern);
}

TEST_F(NorMemoryTest, RefusesToWriteAUnitTwiceAndLeavesItAsItWas) {
  ASSERT_EQ(flash.erase(0, 256), Status::kOk);
  ASSERT_EQ(flash.write(0, pattern), Status::kOk);
  const auto before = memory;
  EXPECT_EQ(flash.write(16, ByteView(pattern).first(16)), Status::kIo);
  EXPECT_EQ(memory, before);
}

TEST_F(NorMemoryTest, RefusesWhatIsUnalignedOrOutside) {
  struct Case {
    std::uint32_t offset;
    std::uint32_t size;
  };
  for (const Case &c : {Case{128, 256}, Case{0, 100}, Case{1024, 256}, Case{768, 512},
                        Case{256, 0U - 256U}, Case{0U - 256U, 512}}) {
    EXPECT_EQ(flash.erase(c.offset, c.size), Status::kInvalid) << c.offset << " " << c.size;
  }
  EXPECT_EQ(flash.write(8, pattern), Status::kInvalid);
  EXPECT_EQ(flash.write(0, ByteView(pattern).first(15)), Status::kInvalid);
  EXPECT_EQ(flash.write(1008, pattern), Status::kInvalid);
  EXPECT_EQ(flash.read(1023, ByteSpan(pattern).first(2)), Status::kInvalid);
  EXPECT_EQ(flash.read(1024, {}), Status::kOk);
}

TEST(InvertedNorMemory, IsTheSameFlashWhoseErasedBytesAreZeros) {
  std::vector<std::uint8_t> memory(kInfo.size_bytes, 0);
  const InvertedNorMemory flash{memory.data(), kInfo};
  std::vector<std::uint8_t> unit(kInfo.program_bytes, 0x5A), back(kInfo.program_bytes);
  ASSERT_EQ(flash.read(0, back), hal::Status::kOk);
  EXPECT_EQ(back, std::vector<std::uint8_t>(kInfo.program_bytes, 0xFF));
  ASSERT_EQ(flash.write(0, unit), hal::Status::kOk);
  EXPECT_EQ(memory[0], 0xA5);
  ASSERT_EQ(flash.read(0, back), hal::Status::kOk);
  EXPECT_EQ(back, unit);
  EXPECT_EQ(flash.write(0, unit), hal::Status::kIo) << "not erased";
  ASSERT_EQ(flash.erase(0, kInfo.sector_bytes), hal::Status::kOk);
  EXPECT_EQ(memory, std::vector<std::uint8_t>(kInfo.size_bytes, 0));
}

} // namespace
} // namespace tinyml::drivers
