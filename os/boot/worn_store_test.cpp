// SPDX-License-Identifier: Apache-2.0
// A store that wears out or lies: whatever is wrong with whichever sector, the device keeps an
// image that starts, and an update into bad sectors fails with a reason.
#include "os/boot/device_simulator.hpp"

#include <gtest/gtest.h>

namespace tinyml::boot {
namespace {

using store::Fault;
using store::kAllFaults;
using store::Slot;
using store::UpdateError;

const std::vector<std::uint8_t> &old_image() {
  static const auto image = simulated_image(1, 700);
  return image;
}
const std::vector<std::uint8_t> &new_image() {
  static const auto image = simulated_image(2, 900);
  return image;
}

enum class End { kActivated, kNotWritten, kNotGood, kNotActivated };

/// What a running image does with an update, block by block.
End try_update(SimulatedDevice &device, ByteView image) {
  constexpr std::size_t kBlockBytes = 256;
  const image::Requirements wanted{.board = kSimulatedTarget.board,
                                   .oldest_abi = kOldestAbi,
                                   .newest_abi = kNewestAbi,
                                   .load_address = kSimulatedTarget.load_address,
                                   .max_payload_bytes = kSimulatedTarget.max_payload_bytes};
  store::UpdateWriter writer(device.flash(), device.layout());
  UpdateError error = writer.begin(static_cast<std::uint32_t>(image.size()), wanted);
  for (std::size_t at = 0; at < image.size() && error == UpdateError::kNone; at += kBlockBytes) {
    error = writer.write(static_cast<std::uint32_t>(at),
                         image.subspan(at, std::min(kBlockBytes, image.size() - at)));
  }
  if (error != UpdateError::kNone || writer.finish() != UpdateError::kNone) {
    return End::kNotWritten;
  }
  if (device.verify(writer.slot()) != image::Error::kNone) {
    return End::kNotGood;
  }
  return store::activate(device.flash(), device.layout(), writer.slot()) == hal::Status::kOk
             ? End::kActivated
             : End::kNotActivated;
}

/// The build number of the image that a boot starts and that is whole in the execution area; 0 when
/// nothing was started.
std::uint32_t boot_build(SimulatedDevice &device) {
  const Booted booted = device.boot();
  if (booted.choice.slot == Slot::kNone) {
    return 0;
  }
  const std::uint32_t build = booted.choice.header.version.build;
  EXPECT_TRUE(device.runs(build == 1 ? old_image() : new_image())) << "not whole: " << build;
  return build;
}

struct WornStore : testing::Test {
  void SetUp() override {
    device.provision(old_image());
    ASSERT_EQ(boot_build(device), 1U);
    fresh.emplace(device.snapshot());
  }

  /// The device as new but for one bad sector.
  void spoil_one(std::uint32_t offset, Fault fault) {
    device.restore(*fresh);
    device.flash().spoil(offset, fault);
  }

  /// With good flash again, everything must be possible again.
  void expect_recovers() {
    device.flash().repair();
    for (int round = 0; round < 3 && boot_build(device) != 2; ++round) {
      (void)store::confirm(device.flash(), device.layout());
      EXPECT_EQ(try_update(device, new_image()), End::kActivated);
    }
    EXPECT_EQ(store::confirm(device.flash(), device.layout()), hal::Status::kOk);
    EXPECT_EQ(boot_build(device), 2U);
  }

  template <typename Do> void for_each_bad_sector(const store::Region &region, Do what) {
    const std::uint32_t sector = device.flash().info().sector_bytes;
    for (std::uint32_t at = region.offset; at < region.end(); at += sector) {
      for (const Fault fault : kAllFaults) {
        SCOPED_TRACE("sector at " + std::to_string(at) + ", fault " +
                     std::to_string(static_cast<int>(fault)));
        spoil_one(at, fault);
        what();
        expect_recovers();
      }
    }
  }

  SimulatedDevice device;
  std::optional<SimulatedDevice::Snapshot> fresh;
};

TEST_F(WornStore, AnUpdateIntoABadSectorFailsAndTheRunningImageStays) {
  const store::Region slot = device.layout().slot(Slot::kB);
  int failed = 0;
  for_each_bad_sector(slot, [&] {
    device.flash().protect(device.layout().slot(Slot::kA));
    const std::uint32_t violations = device.flash().violations();
    const End end = try_update(device, new_image());
    EXPECT_EQ(device.flash().violations(), violations) << "the running image was touched";
    EXPECT_NE(end, End::kNotActivated);
    failed += end == End::kActivated ? 0 : 1;
    if (end != End::kActivated) {
      EXPECT_EQ(device.state().trial, Slot::kNone);
    }
    EXPECT_EQ(boot_build(device), end == End::kActivated ? 2U : 1U);
  });
  // Three sectors hold the image. Fresh flash need not be erased, so that an erase that does
  // nothing does no harm to it.
  EXPECT_EQ(failed, 3 * 4);
}

TEST_F(WornStore, StaleBytesThatAnEraseLeftAreFound) {
  device.put(Slot::kB, simulated_image(7, 900)); // an earlier update
  fresh.emplace(device.snapshot());
  for (const Fault fault : {Fault::kEraseDoesNothing, Fault::kWriteDoesNothing}) {
    spoil_one(device.layout().slot(Slot::kB).offset, fault);
    EXPECT_NE(try_update(device, new_image()), End::kActivated);
    EXPECT_EQ(boot_build(device), 1U);
    expect_recovers();
  }
}

TEST_F(WornStore, ABadSectorOfTheBootStateIsPassedOverOrStopsUpdates) {
  for (const store::Region &region : device.layout().boot_state) {
    for_each_bad_sector(region, [&] {
      for (int round = 0; round < 12; ++round) {
        const std::uint32_t build = boot_build(device);
        ASSERT_NE(build, 0U) << "round " << round;
        (void)store::confirm(device.flash(), device.layout());
        (void)try_update(device, build == 1 ? new_image() : old_image());
      }
    });
  }
}

TEST_F(WornStore, AnImageThatIsNeverConfirmedGoesAlsoWhenTheBootStateIsWorn) {
  for (const store::Region &region : device.layout().boot_state) {
    for_each_bad_sector(region, [&] {
      (void)try_update(device, new_image());
      std::uint32_t build = 2;
      for (int boots = 0; boots <= store::kDefaultTrials; ++boots) {
        build = boot_build(device);
      }
      EXPECT_EQ(build, 1U);
    });
  }
}

TEST_F(WornStore, UpdatesGoOnUntilTheBootStateIsWornOutAndTheDeviceLivesOn) {
  for (const std::uint32_t good_erases : {0U, 1U, 5U}) {
    device.restore(*fresh);
    for (const store::Region &region : device.layout().boot_state) {
      device.flash().spoil(region.offset, Fault::kEraseFails, good_erases);
    }
    int activated = 0;
    for (int round = 0; round < 200; ++round) {
      const std::uint32_t build = boot_build(device);
      ASSERT_NE(build, 0U) << "round " << round;
      (void)store::confirm(device.flash(), device.layout());
      activated += try_update(device, build == 1 ? new_image() : old_image()) == End::kActivated;
    }
    EXPECT_GT(activated, static_cast<int>(good_erases)) << "a region holds sixteen records";
    EXPECT_LT(activated, 200);
  }
}

TEST_F(WornStore, BitsThatAreReadWrongNowAndThenStopNothingForLong) {
  int started = 0;
  for (std::uint32_t seed = 1; seed <= 150; ++seed) {
    device.flash().flip_reads(3000, seed);
    device.exec_area().flip_reads(3000, seed + 1000);
    const std::uint32_t build = boot_build(device); // checks that what starts is whole
    started += build != 0 ? 1 : 0;
    if (build != 0) {
      (void)try_update(device, build == 1 ? new_image() : old_image());
      (void)store::confirm(device.flash(), device.layout());
    }
  }
  EXPECT_GT(started, 140);
  device.flash().flip_reads(0, 1);
  device.exec_area().flip_reads(0, 1);
  EXPECT_NE(boot_build(device), 0U);
  expect_recovers();
}

TEST_F(WornStore, AnExecutionAreaThatTakesNothingStartsNothingAndRecovers) {
  for (const Fault fault : kAllFaults) {
    device.restore(*fresh);
    EXPECT_EQ(try_update(device, new_image()), End::kActivated);
    device.exec_area().spoil(0, fault);
    (void)device.boot(); // the old image may still be whole there, or nothing is
    device.exec_area().repair();
    EXPECT_NE(boot_build(device), 0U) << static_cast<int>(fault);
  }
}

/// Docs: images below the floor are refused, others may be ordered again.
TEST_F(WornStore, TheSameImageTwiceAndAnOlderOneAreTakenUnlessAFloorForbidsThem) {
  ASSERT_EQ(try_update(device, old_image()), End::kActivated); // the running one, once more
  ASSERT_EQ(boot_build(device), 1U);
  EXPECT_TRUE(device.state().on_trial());
  EXPECT_EQ(try_update(device, old_image()), End::kNotWritten) << "the way back was given up";
  ASSERT_EQ(store::confirm(device.flash(), device.layout()), hal::Status::kOk);
  ASSERT_EQ(try_update(device, new_image()), End::kActivated);
  ASSERT_EQ(boot_build(device), 2U);
  ASSERT_EQ(store::confirm(device.flash(), device.layout()), hal::Status::kOk);
  EXPECT_EQ(try_update(device, old_image()), End::kActivated) << "without a floor one may go back";
}

TEST_F(WornStore, AReplayedImageBelowTheFloorIsRefusedAtItsHeader) {
  const auto raising = simulated_image(2, 900, simulated_key(), image::kFlagRaisesFloor);
  ASSERT_EQ(try_update(device, raising), End::kActivated);
  (void)device.boot();
  ASSERT_EQ(store::confirm(device.flash(), device.layout()), hal::Status::kOk);
  const auto before = device.flash().bytes();
  EXPECT_EQ(try_update(device, old_image()), End::kNotWritten);
  EXPECT_EQ(device.flash().bytes(), before) << "a refused replay left a trace";
  EXPECT_EQ(try_update(device, raising), End::kActivated) << "the same version is not below it";
}

} // namespace
} // namespace tinyml::boot
