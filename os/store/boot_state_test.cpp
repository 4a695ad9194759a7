// SPDX-License-Identifier: Apache-2.0
#include "os/store/boot_state.hpp"

#include "os/store/flash_simulator.hpp"
#include "os/store/trial.hpp"

#include <gtest/gtest.h>

namespace tinyml::store {
namespace {

constexpr hal::StoreInfo kInfo{16 * 512, 512, 4};
constexpr std::uint32_t kRecordsPerRegion = 512 / kStateRecordBytes;

BootState numbered(std::uint32_t number) {
  BootState state;
  state.confirmed = number % 2 == 0 ? Slot::kA : Slot::kB;
  state.booted = state.confirmed;
  state.floor = {1, 2, 3, number};
  return state;
}

struct Fixture {
  Power power;
  FlashSimulator flash{kInfo, power};
  Layout layout = layout_of(kInfo);

  BootState load() {
    BootLog log(flash, layout);
    BootState state;
    EXPECT_EQ(log.load(state), hal::Status::kOk);
    return state;
  }
  void append(const BootState &state) {
    BootLog log(flash, layout);
    BootState old;
    ASSERT_EQ(log.load(old), hal::Status::kOk);
    ASSERT_EQ(log.append(state), hal::Status::kOk);
  }
};

TEST(BootState, ABlankLogGivesTheDefaultState) {
  Fixture f;
  EXPECT_EQ(f.load(), BootState{});
}

TEST(BootState, TheLastRecordCountsThroughManyRegionChanges) {
  Fixture f;
  for (std::uint32_t i = 1; i < 5 * kRecordsPerRegion; ++i) {
    f.append(numbered(i));
    ASSERT_EQ(f.load(), numbered(i)) << i;
  }
  EXPECT_EQ(f.flash.violations(), 0u);
}

TEST(BootState, ErasesOnlyWhenARegionIsFull) {
  Fixture f;
  f.append(numbered(1));
  const std::uint32_t before = f.power.operations();
  for (std::uint32_t i = 0; i < kRecordsPerRegion - 1; ++i) {
    f.append(numbered(i));
  }
  EXPECT_EQ(f.power.operations() - before, kRecordsPerRegion - 1);
}

TEST(BootState, AppendsOfOneSessionFollowOneAnother) {
  Fixture f;
  BootLog log(f.flash, f.layout);
  BootState state;
  ASSERT_EQ(log.load(state), hal::Status::kOk);
  for (std::uint32_t i = 1; i < 40; ++i) {
    ASSERT_EQ(log.append(numbered(i)), hal::Status::kOk);
    ASSERT_EQ(f.load(), numbered(i));
  }
  EXPECT_EQ(f.flash.violations(), 0u);
}

TEST(BootState, EveryFlippedBitOfARecordIsSeen) {
  std::array<std::uint8_t, kStateRecordBytes> good{};
  encode_state(numbered(7), 3, good);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto record = good;
    record[bit / 8] = static_cast<std::uint8_t>(record[bit / 8] ^ (1u << (bit % 8)));
    BootState state;
    std::uint32_t sequence = 0;
    EXPECT_FALSE(decode_state(record, state, sequence)) << bit;
  }
}

TEST(BootState, ADamagedLastRecordGivesTheOneBefore) {
  Fixture f;
  f.append(numbered(1));
  f.append(numbered(2));
  f.flash.bytes()[f.layout.boot_state[1].offset + kStateRecordBytes + 9] ^= 1;
  EXPECT_EQ(f.load(), numbered(1));
  f.append(numbered(3));
  EXPECT_EQ(f.load(), numbered(3));
  EXPECT_EQ(f.flash.violations(), 0u);
}

TEST(BootState, TransitionsOfATrial) {
  BootState state;
  state = with_boot(state, Slot::kA);
  EXPECT_EQ(state.confirmed, Slot::kA);
  state = with_trial(state, Slot::kB, 2);
  EXPECT_FALSE(state.on_trial());
  state = with_boot(state, Slot::kB);
  EXPECT_TRUE(state.on_trial());
  EXPECT_EQ(state.trials_left, 1);
  EXPECT_EQ(state.confirmed, Slot::kA);

  image::Header header;
  header.version = {2, 0, 0, 1};
  const BootState kept = with_confirmation(state, header);
  EXPECT_EQ(kept.confirmed, Slot::kB);
  EXPECT_EQ(kept.trial, Slot::kNone);
  EXPECT_EQ(kept.outcome, Outcome::kConfirmed);
  EXPECT_EQ(kept.floor, image::Version{});
  header.flags = image::kFlagRaisesFloor;
  EXPECT_EQ(with_confirmation(state, header).floor, header.version);

  const BootState refused =
      with_failed_trial(state, Outcome::kRefused, image::Error::kHashMismatch);
  EXPECT_EQ(refused.trial, Slot::kNone);
  EXPECT_EQ(refused.confirmed, Slot::kA);
  EXPECT_EQ(refused.refusal, image::Error::kHashMismatch);
}

TEST(BootState, ConfirmingWithoutATrialChangesNothing) {
  Fixture f;
  f.append(numbered(2));
  const std::uint32_t before = f.power.operations();
  EXPECT_EQ(confirm(f.flash, f.layout), hal::Status::kOk);
  EXPECT_EQ(f.power.operations(), before);
}

} // namespace
} // namespace tinyml::store
