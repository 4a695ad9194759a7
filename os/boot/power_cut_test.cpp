// SPDX-License-Identifier: Apache-2.0
#include "os/boot/device_simulator.hpp"
#include "os/boot/recovery_scenarios.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <gtest/gtest.h>

/// Cuts the power at every write and erase of everything a device does with its flash, in every way
/// an operation can be torn, and again while it recovers. Afterwards it must boot the old or the
/// new image, whole.
namespace tinyml::boot {
namespace {

using store::kAllTorn;
using store::PowerCut;
using store::Slot;
using store::Torn;

const std::vector<std::uint8_t> &old_image() {
  static const auto image = simulated_image(1, 700);
  return image;
}
const std::vector<std::uint8_t> &new_image() {
  static const auto image = simulated_image(2, 900);
  return image;
}

/// How blocks come: the server's push does not tell the size beforehand and repeats a block whose
/// acknowledgement was lost; a pull knows the size.
struct Transfer {
  bool size_known;
  std::uint32_t block_bytes;
  bool repeats_blocks;
};
constexpr Transfer kPush{false, 64, true};
constexpr Transfer kPull{true, 256, false};

void require(bool good, const char *what) {
  if (!good) {
    throw std::runtime_error(what);
  }
}

/// What the running (old) image does when the service sends it the new one.
void receive_update(SimulatedDevice &device, const Transfer &transfer) {
  const ByteView image = new_image();
  const image::Requirements wanted{.board = kSimulatedTarget.board,
                                   .oldest_abi = kOldestAbi,
                                   .newest_abi = kNewestAbi,
                                   .load_address = kSimulatedTarget.load_address,
                                   .max_payload_bytes = kSimulatedTarget.max_payload_bytes};
  store::UpdateWriter writer(device.flash(), device.layout());
  const auto size = static_cast<std::uint32_t>(image.size());
  require(writer.begin(transfer.size_known ? size : 0, wanted) == store::UpdateError::kNone,
          "the update was not begun");
  for (std::uint32_t at = 0; at < size; at += transfer.block_bytes) {
    const ByteView block = image.subspan(at, std::min(transfer.block_bytes, size - at));
    for (int copies = transfer.repeats_blocks ? 2 : 1; copies > 0; --copies) {
      require(writer.write(at, block) == store::UpdateError::kNone, "a block was refused");
    }
  }
  require(writer.finish() == store::UpdateError::kNone, "the update was not finished");
  require(device.verify(writer.slot()) == image::Error::kNone, "the new image is not good");
  require(store::activate(device.flash(), device.layout(), writer.slot()) == hal::Status::kOk,
          "the update was not activated");
}

/// A boot that must start the old or the new image, and have exactly that in the execution area.
bool boots_new(SimulatedDevice &device) {
  const Booted booted = device.boot();
  require(booted.choice.slot != Slot::kNone, "nothing was started");
  const bool is_new = booted.choice.header.version.build == 2;
  require(device.runs(is_new ? new_image() : old_image()), "the execution area is not whole");
  return is_new;
}

void confirm(SimulatedDevice &device) {
  require(store::confirm(device.flash(), device.layout()) == hal::Status::kOk, "not confirmed");
}

/// Something a device does; after a cut it is called again, as a device starts again.
struct Scenario {
  const char *name;
  std::function<void(SimulatedDevice &)> prepare;
  std::function<void(SimulatedDevice &)> run; ///< must come to its goal from wherever a cut left it
  std::uint32_t recovery_bytes = 0;           ///< of the store; 0: two slots
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name.
void PrintTo(const Scenario &scenario, std::ostream *out) { *out << scenario.name; }

void boot_old(SimulatedDevice &device) {
  device.provision(old_image());
  require(!boots_new(device), "a new device runs another image");
}

/// Boots; runs the update while the old image runs; confirms the new one.
void update(SimulatedDevice &device, const Transfer &transfer) {
  while (!boots_new(device)) {
    device.flash().protect(device.layout().slot(device.state().booted));
    receive_update(device, transfer);
    device.flash().protect({});
  }
  confirm(device);
  require(boots_new(device) && device.state().confirmed == device.state().booted,
          "the new image is not confirmed");
}

void activate_new(SimulatedDevice &device) {
  boot_old(device);
  receive_update(device, kPull);
}

/// The new image never confirms: whatever happens, the old one is back after its trials.
void roll_back(SimulatedDevice &device) {
  int trials = 0;
  while (boots_new(device)) {
    require(++trials <= store::kDefaultTrials, "more trials than allowed");
  }
  require(device.state().outcome == store::Outcome::kRolledBack, "not told as rolled back");
  require(!boots_new(device), "the roll-back did not last");
}

void refuse_damaged(SimulatedDevice &device) {
  require(!boots_new(device), "a damaged image was started");
  require(device.state().outcome == store::Outcome::kRefused, "not told as refused");
}

std::vector<Scenario> scenarios() {
  const auto flip_payload_of = [](SimulatedDevice &device, Slot slot) {
    device.flash().bytes()[device.layout().slot(slot).offset + 300] ^= 4;
  };
  return {
      {"first boot", [](SimulatedDevice &d) { d.provision(old_image()); },
       [](SimulatedDevice &d) { require(!boots_new(d), "another image"); }},
      {"update by push", boot_old, [](SimulatedDevice &d) { update(d, kPush); }},
      {"update by pull", boot_old, [](SimulatedDevice &d) { update(d, kPull); }},
      {"update over a pending one", activate_new,
       [](SimulatedDevice &d) {
         // The old image still runs, and another delivery comes before it restarts.
         if (d.state().booted == Slot::kA && !d.state().on_trial()) {
           receive_update(d, kPull);
         }
         update(d, kPull);
       }},
      {"trial, copy and confirmation", activate_new,
       [](SimulatedDevice &d) {
         while (!boots_new(d)) {
           receive_update(d, kPull); // only after cuts that used up all trials
         }
         confirm(d);
         require(boots_new(d), "the confirmation did not last");
       }},
      {"roll-back", activate_new, roll_back},
      {"refusal of a damaged update",
       [flip_payload_of](SimulatedDevice &d) {
         activate_new(d);
         flip_payload_of(d, Slot::kB);
       },
       refuse_damaged},
      {"fall-back from a damaged confirmed image",
       [flip_payload_of](SimulatedDevice &d) {
         boot_old(d);
         update(d, kPull);
         flip_payload_of(d, Slot::kB);
       },
       [](SimulatedDevice &d) { require(!boots_new(d), "a damaged image was started"); }},
      {"one slot: first boot", recovery::provision,
       [](SimulatedDevice &d) { require(recovery::boot(d) == recovery::kRecoveryBuild, "who?"); },
       kSimulatedRecoveryBytes},
      {"one slot: first image", recovery::provision,
       [](SimulatedDevice &d) { recovery::update_to(d, recovery::kOldBuild); },
       kSimulatedRecoveryBytes},
      {"one slot: update", recovery::provision_with_old,
       [](SimulatedDevice &d) { recovery::update_to(d, recovery::kNewBuild); },
       kSimulatedRecoveryBytes},
      {"one slot: roll-back", recovery::activate_new, recovery::roll_back, kSimulatedRecoveryBytes},
      {"one slot: called for nothing", recovery::provision_with_old, recovery::return_to_old,
       kSimulatedRecoveryBytes},
      {"one slot: fall-back from a damaged image", recovery::damage_slot, recovery::fall_back,
       kSimulatedRecoveryBytes},
  };
}

/// Uses up places of the boot state's log, so that its change of region falls on another operation.
void fill_log(SimulatedDevice &device, unsigned records) {
  store::BootLog log(device.flash(), device.layout());
  store::BootState state;
  require(log.load(state) == hal::Status::kOk, "the boot state cannot be read");
  for (unsigned i = 0; i < records && !(state == store::BootState{}); ++i) {
    require(log.append(state) == hal::Status::kOk, "the boot state cannot be written");
  }
}

class Cutter {
public:
  Cutter(const Scenario &scenario, std::uint32_t program_bytes, unsigned log_records)
      : scenario_(scenario), device_(program_bytes, scenario.recovery_bytes) {
    scenario.prepare(device_);
    fill_log(device_, log_records);
    start_ = std::make_unique<SimulatedDevice::Snapshot>(device_.snapshot());
  }

  /// Runs the scenario from its start with one cut; true when the cut happened.
  bool run_with_cut(std::uint32_t at, Torn torn) {
    device_.restore(*start_);
    return cut_once(at, torn);
  }

  /// A first cut, then a second one at every operation of the recovery.
  void run_with_two_cuts(std::uint32_t at, Torn torn) {
    device_.restore(*start_);
    if (!cut_without_recovery(at, torn)) {
      return;
    }
    const auto cut = device_.snapshot();
    for (std::uint32_t second = 0;; ++second) {
      device_.restore(cut);
      if (!cut_once(second, kAllTorn[(second + at) % 4])) {
        return;
      }
    }
  }

  [[nodiscard]] std::uint32_t cuts() { return device_.power().cuts(); }
  [[nodiscard]] std::uint32_t violations() { return device_.flash().violations(); }

private:
  bool cut_without_recovery(std::uint32_t at, Torn torn) {
    device_.power().cut_after(at, torn, at + 1);
    bool cut = false;
    try {
      scenario_.run(device_);
    } catch (const PowerCut &) {
      cut = true;
    }
    device_.power().never_cut();
    device_.flash().protect({});
    return cut;
  }

  bool cut_once(std::uint32_t at, Torn torn) {
    const bool cut = cut_without_recovery(at, torn);
    if (cut) {
      scenario_.run(device_);
    }
    require(violations() == 0, "a rule of the flash was broken");
    return cut;
  }

  const Scenario &scenario_;
  SimulatedDevice device_;
  std::unique_ptr<SimulatedDevice::Snapshot> start_;
};

std::uint32_t total_cuts = 0;

class PowerCutTest : public testing::TestWithParam<Scenario> {
protected:
  static void TearDownTestSuite() { std::printf("power cuts made: %u\n", total_cuts); }
};

/// Cuts at every operation of the scenario, until it ends before the cut.
void expect_survives_every_cut(Cutter &cutter, Torn torn) {
  std::uint32_t at = 0;
  try {
    while (cutter.run_with_cut(at, torn)) {
      ++at;
    }
  } catch (const std::exception &failure) {
    FAIL() << failure.what() << ": cut at operation " << at << ", torn as "
           << static_cast<int>(torn);
  }
  EXPECT_GT(at, 0u);
}

TEST_P(PowerCutTest, AtEveryOperationTheDeviceComesBack) {
  for (const std::uint32_t program_bytes : {1u, 4u, 16u, 32u}) {
    for (const Torn torn : kAllTorn) {
      Cutter cutter(GetParam(), program_bytes, 0);
      expect_survives_every_cut(cutter, torn);
      total_cuts += cutter.cuts();
    }
  }
}

TEST_P(PowerCutTest, WhereverTheBootStateChangesItsRegion) {
  const std::uint32_t records = kSimulatedStore.sector_bytes / store::kStateRecordBytes;
  for (unsigned filled = 1; filled < records; ++filled) {
    for (const Torn torn : kAllTorn) {
      SCOPED_TRACE(filled);
      Cutter cutter(GetParam(), 4, filled);
      expect_survives_every_cut(cutter, torn);
      total_cuts += cutter.cuts();
    }
  }
}

TEST_P(PowerCutTest, AndAgainAtEveryOperationOfTheRecovery) {
  for (const Torn torn : kAllTorn) {
    Cutter cutter(GetParam(), 4, torn == Torn::kBits ? 0 : 12);
    std::uint32_t at = 0;
    try {
      for (; cutter.run_with_cut(at, torn); ++at) {
        cutter.run_with_two_cuts(at, torn);
      }
    } catch (const std::exception &failure) {
      FAIL() << failure.what() << ": first cut at operation " << at;
    }
    total_cuts += cutter.cuts();
  }
}

INSTANTIATE_TEST_SUITE_P(Scenarios, PowerCutTest, testing::ValuesIn(scenarios()),
                         [](const auto &test) {
                           std::string name = test.param.name;
                           std::erase_if(name, [](char c) { return std::isalnum(c) == 0; });
                           return name;
                         });

} // namespace
} // namespace tinyml::boot
