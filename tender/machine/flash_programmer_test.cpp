// SPDX-License-Identifier: Apache-2.0
#include "tender/machine/flash_programmer.hpp"

#include "host/files.hpp"
#include "tender/machine/machine.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace tinyml::tender {
namespace {

constexpr const char *kBoard = "lm3s6965evb";

struct FlashProgrammerTest : testing::Test {
  void SetUp() override {
    ASSERT_TRUE(folder.ok());
    machine = {.board = kBoard, .program = {}, .store = folder->path() / "store"};
    store.assign(store_file_bytes(kBoard).value(), 0xFF);
    for (std::size_t i = 0; i < 1000; ++i) {
      store[5000 + i] = static_cast<std::uint8_t>(i * 7);
    }
  }

  Expected<void> program(const boot::ProgrammingNote &note) {
    boot::programming_note::encode(note, {},
                                   boot::programming_note::Bytes(store.data() + flash.note_offset,
                                                                 boot::ProgrammingNote::kBytes));
    return program();
  }
  Expected<void> program() {
    EXPECT_TRUE(host::write_file(machine.store, store).ok());
    return FlashProgrammer(machine, flash).program();
  }

  Expected<host::TemporaryFolder> folder = host::TemporaryFolder::create("programmer");
  OutsideFlash flash = *outside_flash(kBoard);
  MachineConfig machine;
  std::vector<std::uint8_t> store;
};

TEST_F(FlashProgrammerTest, CopiesWhatTheNoteNames) {
  ASSERT_TRUE(program({5000, 1000, flash.address}).ok());
  const auto written = host::read_file(flash_file(machine));
  ASSERT_TRUE(written.ok());
  ASSERT_EQ(written->size(), 1000U);
  EXPECT_TRUE(std::equal(written->begin(), written->end(), store.begin() + 5000));
}

TEST_F(FlashProgrammerTest, DoesNotGoRoundInCircles) {
  ASSERT_TRUE(program({5000, 1000, flash.address}).ok());
  EXPECT_FALSE(program({5000, 1000, flash.address}).ok());
  EXPECT_TRUE(program({5000, 999, flash.address}).ok());
}

TEST_F(FlashProgrammerTest, RefusesTheImpossible) {
  const auto note_at = static_cast<std::uint32_t>(flash.note_offset);
  EXPECT_FALSE(program({5000, 0, flash.address}).ok());
  EXPECT_FALSE(program({5000, flash.size_bytes + 1, flash.address}).ok());
  EXPECT_FALSE(program({5000, 1000, flash.address + 4}).ok());
  EXPECT_FALSE(program({note_at - 999, 1000, flash.address}).ok());
  EXPECT_FALSE(program({~0U, 1000, flash.address}).ok());
  EXPECT_FALSE(std::filesystem::exists(flash_file(machine)));
}

TEST_F(FlashProgrammerTest, WantsAWholeNote) {
  const auto blank = program();
  ASSERT_FALSE(blank.ok());
  EXPECT_NE(blank.error().message.find("note"), std::string::npos);
  ASSERT_TRUE(program({5000, 1000, flash.address}).ok());
  store[flash.note_offset + 9] ^= 1;
  EXPECT_FALSE(program().ok());
}

/// A shell that asks for the programmer in vain: the machine says why and ends.
TEST_F(FlashProgrammerTest, AMachineWithoutANoteEndsAndSaysWhy) {
  ASSERT_TRUE(host::write_file(machine.store, store).ok());
  auto started = Machine::start_command({"sh", "-c", "exit 96"}, {}, machine);
  ASSERT_TRUE(started.ok());
  const auto ended = (*started)->wait(std::chrono::seconds(10));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->code, boot::kAskProgrammer);
  EXPECT_NE((*started)->console().find("left no note"), std::string::npos);
}

} // namespace
} // namespace tinyml::tender
