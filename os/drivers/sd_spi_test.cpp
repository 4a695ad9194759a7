// SPDX-License-Identifier: Apache-2.0
#include "os/drivers/sd_spi.hpp"

#include <array>
#include <deque>
#include <gtest/gtest.h>
#include <vector>

namespace tinyml::drivers {
namespace {

using hal::Status;

/// A card of 16 blocks as its specification has it: what it hears byte by byte, and what it
/// answers.
struct SimulatedCard {
  bool present = true;
  bool high_capacity = false;
  bool version_1 = false;
  bool refuses_data = false;
  int busy_bytes = 0;    ///< after a write
  int operate_tries = 2; ///< before it is ready
  std::vector<std::uint8_t> memory = std::vector<std::uint8_t>(16 * 512, 0x55);
  unsigned writes = 0;
  unsigned illegal = 0; ///< commands out of order

  std::uint8_t clock(std::uint8_t in) {
    if (!present || !selected) {
      return 0xFF;
    }
    std::uint8_t out = 0xFF;
    if (!answer.empty()) {
      out = answer.front();
      answer.pop_front();
    }
    hear(in);
    return out;
  }
  void select(bool on) {
    selected = on;
    frame.clear();
    answer.clear();
  }

private:
  void hear(std::uint8_t in) {
    if (writing != kNoBlock) {
      hear_data(in);
    } else if (!frame.empty() || (in & 0xC0) == 0x40) {
      frame.push_back(in);
      if (frame.size() == 6) {
        obey(frame[0] & 0x3F, load_be<std::uint32_t>(&frame[1]));
        frame.clear();
      }
    }
  }

  void hear_data(std::uint8_t in) {
    data_started = data_started || in == 0xFE;
    data.push_back(in);
    if (!data_started) {
      data.clear();
    } else if (data.size() == 1 + 512 + 2) {
      answer = {static_cast<std::uint8_t>(refuses_data ? 0x0D : 0xE5)};
      answer.insert(answer.end(), static_cast<std::size_t>(busy_bytes), 0);
      if (!refuses_data) {
        std::copy_n(data.begin() + 1, 512, memory.begin() + writing);
        ++writes;
      }
      writing = kNoBlock;
    }
  }

  void respond(std::initializer_list<std::uint8_t> bytes) {
    answer = {0xFF};
    answer.insert(answer.end(), bytes);
  }

  void obey(std::uint8_t command, std::uint32_t argument) {
    const bool application = std::exchange(after_55, command == 55);
    const std::uint8_t idle = ready ? 0 : 1;
    switch (command) {
    case 0:
      ready = false;
      return respond({1});
    case 8:
      return version_1 ? respond({5}) : respond({1, 0, 0, 1, 0xAA});
    case 55:
      return respond({idle});
    case 41:
      illegal += application ? 0 : 1;
      ready = operate_tries-- <= 0;
      return respond({static_cast<std::uint8_t>(ready ? 0 : 1)});
    case 58:
      return respond({idle, static_cast<std::uint8_t>(high_capacity ? 0xC0 : 0x80), 0, 0, 0});
    case 16:
      return respond({idle});
    case 17:
    case 24:
      return transfer(command, high_capacity ? argument * 512 : argument);
    default:
      ++illegal;
      return respond({4});
    }
  }

  void transfer(std::uint8_t command, std::uint32_t at) {
    if (!ready || at % 512 != 0 || at >= memory.size()) {
      return respond({0x20});
    }
    respond({0});
    if (command == 24) {
      writing = at;
      data_started = false;
      data.clear();
      return;
    }
    answer.insert(answer.end(), {0xFF, 0xFF, 0xFE});
    answer.insert(answer.end(), memory.begin() + at, memory.begin() + at + 512);
    answer.insert(answer.end(), {0x12, 0x34});
  }

  static constexpr std::uint32_t kNoBlock = ~0U;
  bool selected = false;
  bool ready = false;
  bool after_55 = false;
  bool data_started = false;
  std::uint32_t writing = kNoBlock;
  std::vector<std::uint8_t> frame;
  std::vector<std::uint8_t> data;
  std::deque<std::uint8_t> answer;
};

SimulatedCard *the_card = nullptr;

struct SimulatedBus {
  static std::uint8_t exchange(std::uint8_t byte) { return the_card->clock(byte); }
  static void send(ByteView bytes) {
    for (const std::uint8_t byte : bytes) {
      exchange(byte);
    }
  }
  static void receive(ByteSpan bytes) {
    for (std::uint8_t &byte : bytes) {
      byte = exchange(0xFF);
    }
  }
  static void skip(std::size_t count) {
    for (; count > 0; --count) {
      exchange(0xFF);
    }
  }
  static void select() { the_card->select(true); }
  static void deselect() { the_card->select(false); }
  static void run_slow() {}
  static void run_fast() {}
};

constexpr hal::StoreInfo kInfo = {.size_bytes = 8 * 512, .sector_bytes = 1024, .program_bytes = 16};

struct SdSpiTest : testing::Test {
  SdSpiTest() { the_card = &hardware; }

  SimulatedCard hardware;
  SdCard<SimulatedBus> card;
  NorCard<SdCard<SimulatedBus>> flash{card, kInfo};
  std::array<std::uint8_t, 48> pattern = {1, 2, 3, 4};
};

TEST_F(SdSpiTest, TellsThatNoCardIsThere) {
  hardware.present = false;
  EXPECT_FALSE(card.start());
}

TEST_F(SdSpiTest, StartsCardsOfEveryKind) {
  for (const bool high_capacity : {false, true}) {
    hardware = {};
    hardware.high_capacity = high_capacity;
    hardware.version_1 = !high_capacity;
    hardware.memory[3 * 512 + 7] = 0xA7;
    ASSERT_TRUE(card.start());
    std::uint8_t byte[1] = {};
    ASSERT_TRUE(card.read(3, 7, byte));
    EXPECT_EQ(byte[0], 0xA7);
    EXPECT_EQ(hardware.illegal, 0U);
  }
}

TEST_F(SdSpiTest, ErasesExactlyTheSectorsAskedFor) {
  ASSERT_TRUE(card.start());
  EXPECT_EQ(flash.erase(1024, 2048), Status::kOk);
  EXPECT_EQ(std::count(hardware.memory.begin(), hardware.memory.end(), 0xFF), 2048);
  EXPECT_EQ(hardware.memory[1023], 0x55);
  EXPECT_EQ(hardware.memory[3072], 0x55);
  EXPECT_EQ(flash.erase(512, 1024), Status::kInvalid);
  EXPECT_EQ(flash.erase(kInfo.size_bytes, 1024), Status::kInvalid);
}

TEST_F(SdSpiTest, WritesAcrossBlocksAndLeavesTheRestOfThem) {
  hardware.busy_bytes = 300;
  ASSERT_TRUE(card.start());
  ASSERT_EQ(flash.erase(0, 1024), Status::kOk);
  ASSERT_EQ(flash.write(496, pattern), Status::kOk);
  std::array<std::uint8_t, 1024> found = {};
  ASSERT_EQ(flash.read(0, found), Status::kOk);
  EXPECT_TRUE(std::equal(pattern.begin(), pattern.end(), found.begin() + 496));
  EXPECT_EQ(std::count(found.begin(), found.end(), 0xFF), 1024 - 48);
}

TEST_F(SdSpiTest, RefusesToWriteAUnitTwiceAndLeavesItAsItWas) {
  ASSERT_TRUE(card.start());
  ASSERT_EQ(flash.erase(0, 1024), Status::kOk);
  ASSERT_EQ(flash.write(0, pattern), Status::kOk);
  const auto before = hardware.memory;
  EXPECT_EQ(flash.write(0, pattern), Status::kIo);
  EXPECT_EQ(flash.write(32, pattern), Status::kIo); // its first unit is written, the others are not
  EXPECT_EQ(hardware.memory, before);
  EXPECT_EQ(flash.write(8, ByteView(pattern).first(16)), Status::kInvalid);
}

TEST_F(SdSpiTest, ReportsWhatTheCardRefuses) {
  ASSERT_TRUE(card.start());
  hardware.refuses_data = true;
  EXPECT_EQ(flash.erase(0, 1024), Status::kIo);
  hardware.present = false;
  std::uint8_t byte[1];
  EXPECT_EQ(flash.read(0, byte), Status::kIo);
}

} // namespace
} // namespace tinyml::drivers
