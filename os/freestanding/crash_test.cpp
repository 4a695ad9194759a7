// SPDX-License-Identifier: Apache-2.0
#include "os/crash.hpp"
#include "os/events.hpp"
#include "os/hal.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace tinyml {

namespace {

std::uint64_t now_ns;
std::string console;

} // namespace

namespace hal {
std::uint64_t monotonic_ns() { return now_ns; }
void console_write(std::string_view text) { console += text; }
} // namespace hal

namespace {

using diagnostics::Architecture;

class Crash : public testing::Test {
protected:
  void SetUp() override {
    console.clear();
    now_ns = 0;
    std::memset(static_cast<void *>(&kept), 0xA5, sizeof(kept)); // as after power-on
    kept.validate();
  }
  Retained &kept = hal::retained();
};

TEST_F(Crash, WhatRamHoldsAfterPowerOnIsNoRecord) {
  EXPECT_EQ(crash::pending(), nullptr);
  EXPECT_EQ(events::count(), 0U);
  EXPECT_EQ(kept.begin_run(), 0);
  EXPECT_EQ(kept.starts, 1U);
}

TEST_F(Crash, ARecordOutlivesTheNextStartAndIsForgottenOnDemand) {
  kept.begin_run();
  crash::name_image(std::array<std::uint8_t, 8>{1, 2, 3, 4, 5, 6, 7, 8});
  now_ns = 5ULL << 20;
  crash::Record &record = crash::begin();
  record.pc = 0x1234;
  EXPECT_EQ(crash::pending(), nullptr) << "half a record counts";
  crash::seal(record);
  kept.reset_reason = 3;
  kept.validate();
  EXPECT_EQ(kept.begin_run(), 3);
  const crash::Record *found = crash::pending();
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->pc, 0x1234U);
  EXPECT_EQ(found->ticks, 5U);
  EXPECT_EQ(found->image[7], 8);
  EXPECT_EQ(kept.image[7], 0) << "the next image must not be taken for this one";
  crash::clear();
  EXPECT_EQ(crash::pending(), nullptr);
}

TEST_F(Crash, EveryChangedBitOfARecordIsNoticed) {
  crash::seal(crash::begin());
  auto *bytes = reinterpret_cast<std::uint8_t *>(&kept.crash);
  for (std::size_t bit = 0; bit < sizeof(kept.crash) * 8; ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << bit % 8));
    EXPECT_EQ(crash::pending(), nullptr) << bit;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << bit % 8));
  }
}

TEST_F(Crash, TheConsoleShowsTheWholeRecord) {
  crash::Record &record = crash::begin();
  record.pc = 0xABCDEF;
  crash::seal(record);
  EXPECT_TRUE(console.starts_with("\r\nFAULT\r\n "));
  EXPECT_NE(console.find("0000000000abcdef"), std::string::npos);
  EXPECT_EQ(std::count(console.begin(), console.end(), ' '),
            static_cast<std::ptrdiff_t>(sizeof(record) / sizeof(std::uintptr_t)));
}

TEST_F(Crash, TheRingKeepsTheLatestEvents) {
  for (std::uint32_t i = 0; i < 40; ++i) {
    now_ns = static_cast<std::uint64_t>(i) << 20;
    events::note(events::Id::kUpdateProgress, i);
  }
  ASSERT_EQ(events::count(), Retained::kEvents);
  for (std::uint32_t i = 0; i < Retained::kEvents; ++i) {
    EXPECT_EQ(events::at(i).argument(), i + 8);
    EXPECT_EQ(events::at(i).ticks, i + 8);
    EXPECT_EQ(events::at(i).id(), events::Id::kUpdateProgress);
  }
  events::note(events::Id::kUpdateProgress, 0x7FFFFFFF);
  EXPECT_EQ(events::at(Retained::kEvents - 1).argument(), diagnostics::kMaxEventArgument);
}

/// Thumb: BL at 4 (returns to 8), BLX r3 at 8 (returns to 10), neither at 12.
TEST(CallSite, OnlyWordsBehindACallAreReturnAddresses) {
  const std::uint8_t code[24] = {0,    0,    0,    0,    0,    0,    0,    0,    0xFF, 0xF7,
                                 0xFE, 0xFF, 0x98, 0x47, 0x00, 0xBF, 0x00, 0xBF, 0x00, 0xBF};
  const std::uint32_t stack[] = {0x1000D, 0x1000F, 0x10011, 0x1000C, 0x10001, 0x90000D, 0x1000D};
  diagnostics::CrashRecordOf<std::uint32_t> record;
  diagnostics::find_calls<Architecture::kArm, std::uint32_t>(
      record,
      {.code_start = 0x10000, .code_end = 0x10018, .code = code, .stack = stack, .stack_words = 7});
  EXPECT_EQ(record.calls[0], 0x1000CU);
  EXPECT_EQ(record.calls[1], 0x1000EU);
  EXPECT_EQ(record.calls[2], 0x1000CU);
  EXPECT_EQ(record.calls[3], 0U);
}

TEST(CallSite, KnowsTheCallsOfEveryArchitecture) {
  const std::uint8_t jal[] = {0, 0, 0, 0, 0xEF, 0x00, 0x00, 0x01};                  // jal ra, 16
  const std::uint8_t compressed[] = {0, 0, 0, 0, 0, 0, 0x82, 0x97};                 // jalr a5
  const std::uint8_t jump[] = {0, 0, 0, 0, 0x6F, 0x00, 0x00, 0x01};                 // j 16
  const std::uint8_t call[] = {0, 0, 0, 0xE8, 1, 2, 3, 4};                          // call rel32
  const std::uint8_t indirect[] = {0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xFF, 0xD0}; // call *%rax
  const std::uint8_t nops[] = {0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90};
  const std::uint8_t call0[] = {0, 0, 0, 0, 0, 0x05, 0x10, 0x00};  // call0
  const std::uint8_t callx0[] = {0, 0, 0, 0, 0, 0xC0, 0x00, 0x00}; // callx0 a0
  EXPECT_TRUE(diagnostics::follows_call<Architecture::kRiscv>(jal + 8));
  EXPECT_TRUE(diagnostics::follows_call<Architecture::kRiscv>(compressed + 8));
  EXPECT_FALSE(diagnostics::follows_call<Architecture::kRiscv>(jump + 8));
  EXPECT_TRUE(diagnostics::follows_call<Architecture::kX86_64>(call + 8));
  EXPECT_TRUE(diagnostics::follows_call<Architecture::kX86_64>(indirect + 8));
  EXPECT_FALSE(diagnostics::follows_call<Architecture::kX86_64>(nops + 8));
  EXPECT_TRUE(diagnostics::follows_call<Architecture::kXtensa>(call0 + 8));
  EXPECT_TRUE(diagnostics::follows_call<Architecture::kXtensa>(callx0 + 8));
  EXPECT_FALSE(diagnostics::follows_call<Architecture::kXtensa>(nops + 8));
}

} // namespace
} // namespace tinyml
