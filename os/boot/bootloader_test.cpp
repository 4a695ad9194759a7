// SPDX-License-Identifier: Apache-2.0
#include "os/boot/bootloader.hpp"

#include "os/boot/device_simulator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyml::boot {
namespace {

using store::Slot;
using testing::HasSubstr;

class BootloaderTest : public testing::Test {
protected:
  BootloaderTest() { device_.provision(old_image_); }

  /// What a running image does with an update that has come whole.
  void activate(ByteView image) {
    device_.put(Slot::kB, image);
    ASSERT_EQ(store::activate(device_.flash(), device_.layout(), Slot::kB), hal::Status::kOk);
  }

  void confirm() { ASSERT_EQ(store::confirm(device_.flash(), device_.layout()), hal::Status::kOk); }

  void expect_refused(ByteView image, image::Error why) {
    activate(image);
    const Booted booted = device_.boot();
    EXPECT_EQ(booted.choice.slot, Slot::kA);
    EXPECT_THAT(booted.console, HasSubstr(std::string(image::describe(why))));
    EXPECT_EQ(device_.state().outcome, store::Outcome::kRefused);
    EXPECT_EQ(device_.state().refusal, why);
    EXPECT_TRUE(device_.runs(old_image_));
  }

  const std::vector<std::uint8_t> old_image_ = simulated_image(1, 1000);
  const std::vector<std::uint8_t> new_image_ = simulated_image(2, 900);
  SimulatedDevice device_;
};

TEST_F(BootloaderTest, ANewDeviceBootsAndConfirmsItsFirstImage) {
  const Booted booted = device_.boot();
  EXPECT_EQ(booted.choice.slot, Slot::kA);
  EXPECT_FALSE(booted.choice.on_trial);
  EXPECT_EQ(booted.choice.header.version.build, 1u);
  EXPECT_EQ(booted.console, "boot: starting slot A\r\n");
  EXPECT_TRUE(device_.runs(old_image_));
  EXPECT_EQ(device_.state().confirmed, Slot::kA);
}

TEST_F(BootloaderTest, ASecondBootWritesNothing) {
  (void)device_.boot();
  const std::uint32_t before = device_.power().operations();
  EXPECT_EQ(device_.boot().choice.slot, Slot::kA);
  EXPECT_EQ(device_.power().operations(), before);
}

TEST_F(BootloaderTest, AnUpdateIsTriedThenKeptOnceConfirmed) {
  (void)device_.boot();
  activate(new_image_);
  const Booted trial = device_.boot();
  EXPECT_EQ(trial.choice.slot, Slot::kB);
  EXPECT_TRUE(trial.choice.on_trial);
  EXPECT_EQ(trial.console, "boot: starting slot B on trial, trials left: 2\r\n");
  EXPECT_TRUE(device_.runs(new_image_));
  confirm();
  EXPECT_EQ(device_.state().outcome, store::Outcome::kConfirmed);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(device_.boot().choice.slot, Slot::kB);
  }
}

TEST_F(BootloaderTest, AnUnconfirmedUpdateIsRolledBackAfterThreeTrials) {
  (void)device_.boot();
  activate(new_image_);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(device_.boot().choice.slot, Slot::kB);
  }
  const Booted back = device_.boot();
  EXPECT_EQ(back.choice.slot, Slot::kA);
  EXPECT_THAT(back.console, HasSubstr("never confirmed; rolling back"));
  EXPECT_TRUE(device_.runs(old_image_));
  EXPECT_EQ(device_.state().outcome, store::Outcome::kRolledBack);
  EXPECT_EQ(device_.boot().choice.slot, Slot::kA);
}

TEST_F(BootloaderTest, RefusesImagesForSomethingElse) {
  const auto stranger = image::SigningKey::generate();
  ASSERT_TRUE(stranger.ok());
  (void)device_.boot();
  expect_refused(simulated_image(2, 900, simulated_key(), 0, "another"), image::Error::kWrongBoard);
  expect_refused(simulated_image(2, 900, simulated_key(), 0, "simulated", hal::kAbiVersion - 1),
                 image::Error::kWrongAbi);
  expect_refused(simulated_image(2, 900, simulated_key(), 0, "simulated", hal::kAbiVersion + 1),
                 image::Error::kWrongAbi);
  expect_refused(simulated_image(2, 900, *stranger), image::Error::kUnknownKey);
  expect_refused(simulated_image(2, kSimulatedExec.size_bytes + 1), image::Error::kTooLarge);
  expect_refused(std::vector<std::uint8_t>(700, 0xFF), image::Error::kNotAnImage);
}

TEST_F(BootloaderTest, RefusesAFlippedByteInEveryPartOfAnImage) {
  (void)device_.boot();
  const auto fresh = device_.snapshot();
  const std::size_t after_payload = image::kHeaderBytes + 900;
  for (std::size_t at = 0; at < new_image_.size();) {
    auto damaged = new_image_;
    damaged[at] ^= 0x10;
    device_.restore(fresh);
    activate(damaged);
    EXPECT_EQ(device_.boot().choice.slot, Slot::kA) << "byte " << at;
    EXPECT_TRUE(device_.runs(old_image_)) << "byte " << at;
    at += at >= image::kHeaderBytes && at < after_payload ? 25 : 1; // the payload is sampled
  }
}

TEST_F(BootloaderTest, RefusesAnImageOfWhichAnyTailIsMissing) {
  (void)device_.boot();
  const auto fresh = device_.snapshot();
  for (std::size_t size = 0; size < new_image_.size(); size += 60) {
    device_.restore(fresh);
    activate(ByteView(new_image_).first(size));
    EXPECT_EQ(device_.boot().choice.slot, Slot::kA) << size;
  }
}

TEST_F(BootloaderTest, OnceTheFloorIsRaisedOlderImagesAreRefused) {
  (void)device_.boot();
  activate(simulated_image(5, 900, simulated_key(), image::kFlagRaisesFloor));
  EXPECT_EQ(device_.boot().choice.slot, Slot::kB);
  confirm();
  device_.put(Slot::kA, simulated_image(4, 900));
  EXPECT_EQ(device_.verify(Slot::kA), image::Error::kDowngrade);
  ASSERT_EQ(store::activate(device_.flash(), device_.layout(), Slot::kA), hal::Status::kOk);
  EXPECT_EQ(device_.boot().choice.slot, Slot::kB);
  EXPECT_EQ(device_.state().refusal, image::Error::kDowngrade);
}

TEST_F(BootloaderTest, FallsBackToTheOtherSlotWhenTheConfirmedImageIsDamaged) {
  (void)device_.boot();
  activate(new_image_);
  (void)device_.boot();
  confirm();
  device_.flash().bytes()[device_.layout().slot(Slot::kB).offset + 200] ^= 1;
  const Booted booted = device_.boot();
  EXPECT_EQ(booted.choice.slot, Slot::kA);
  EXPECT_THAT(booted.console, HasSubstr("slot B is damaged (hash differs)"));
  EXPECT_TRUE(device_.runs(old_image_));
  EXPECT_EQ(device_.state().confirmed, Slot::kA);
}

TEST_F(BootloaderTest, SaysSoWhenNothingCanBeStarted) {
  device_.flash().bytes()[device_.layout().slot(Slot::kA).offset + 100] ^= 1;
  const Booted booted = device_.boot();
  EXPECT_EQ(booted.choice.slot, Slot::kNone);
  EXPECT_THAT(booted.console, HasSubstr("slot A is damaged"));
  EXPECT_THAT(booted.console, HasSubstr("slot B is no image there"));
  EXPECT_THAT(booted.console, HasSubstr("nothing to start"));
}

TEST_F(BootloaderTest, WithoutAFactoryPageNothingIsTrusted) {
  device_.flash().bytes()[device_.layout().factory.offset] ^= 1;
  EXPECT_EQ(device_.boot().choice.slot, Slot::kNone);
  EXPECT_EQ(device_.verify(Slot::kA), image::Error::kNoKey);
}

TEST_F(BootloaderTest, RepairsTheExecutionAreaButOnlyWhereItDiffers) {
  (void)device_.boot();
  device_.exec_area().bytes()[300] ^= 0xFF;
  const std::uint32_t before = device_.power().operations();
  EXPECT_EQ(device_.boot().choice.slot, Slot::kA);
  EXPECT_TRUE(device_.runs(old_image_));
  EXPECT_EQ(device_.power().operations() - before,
            3u); // one erase, two writes of a 256-byte sector
}

TEST_F(BootloaderTest, TheServiceRefusesBadArguments) {
  SimulatedBoard board{device_.flash(), device_.exec_area(), {}};
  alignas(8) std::uint8_t memory[kWorkspaceBytes + 8];
  EXPECT_EQ(Bootloader<SimulatedBoard>(board, ByteSpan(memory, kWorkspaceBytes - 1))
                .verify_for_service(Slot::kA),
            image::Error::kNoMemory);
  EXPECT_EQ(Bootloader<SimulatedBoard>(board, ByteSpan(memory + 1, kWorkspaceBytes))
                .verify_for_service(Slot::kA),
            image::Error::kNoMemory);
  EXPECT_EQ(device_.verify(Slot::kNone), image::Error::kNotAnImage);
  EXPECT_EQ(device_.verify(Slot::kA), image::Error::kNone);
}

} // namespace
} // namespace tinyml::boot
