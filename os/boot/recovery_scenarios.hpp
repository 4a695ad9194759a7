// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "os/boot/device_simulator.hpp"

/// What a device with one slot and a recovery image does, for power_cut_test.cpp. Each function
/// comes to its goal from wherever a power cut left the device, or throws.
namespace tinyml::boot::recovery {

inline constexpr std::uint32_t kRecoveryBuild = 1;
inline constexpr std::uint32_t kOldBuild = 2;
inline constexpr std::uint32_t kNewBuild = 3;

/// An image for its place in the store.
inline const std::vector<std::uint8_t> &image_of(std::uint32_t build) {
  static const auto made = [] {
    const store::Layout layout = store::layout_of(
        {kSimulatedStore.size_bytes, kSimulatedStore.sector_bytes, 4, kSimulatedRecoveryBytes});
    std::array<std::vector<std::uint8_t>, kNewBuild + 1> images;
    for (std::uint32_t one = kRecoveryBuild; one <= kNewBuild; ++one) {
      const auto &slot = layout.slot(one == kRecoveryBuild ? store::Slot::kA : store::Slot::kB);
      images[one] = simulated_image(one, 500 + 300 * one, simulated_key(), 0, "simulated",
                                    hal::kAbiVersion, kSimulatedInPlace.load_address_in(slot));
    }
    return images;
  }();
  return made[build];
}

inline void require(bool good, const char *what) {
  if (!good) {
    throw std::runtime_error(what);
  }
}

/// Boots; something whole must run, and the recovery image must be untouched. Returns which build.
inline std::uint32_t boot(SimulatedDevice &device) {
  const Booted booted = device.boot();
  require(booted.choice.slot != store::Slot::kNone, "nothing was started");
  const std::uint32_t build = booted.choice.header.version.build;
  require((build == kRecoveryBuild) == (booted.choice.slot == store::Slot::kA),
          "an image in the other's place");
  require(device.holds(booted.choice.slot, image_of(build)), "what was started is not whole");
  require(device.holds(store::Slot::kA, image_of(kRecoveryBuild)), "the recovery image is gone");
  return build;
}

/// The recovery image takes the new image from the server.
inline void receive(SimulatedDevice &device, std::uint32_t build) {
  const ByteView image = image_of(build);
  const auto &slot = device.layout().slot(store::Slot::kB);
  const image::Requirements wanted{.board = kSimulatedInPlace.board,
                                   .oldest_abi = kOldestAbi,
                                   .newest_abi = kNewestAbi,
                                   .load_address = kSimulatedInPlace.load_address_in(slot),
                                   .max_payload_bytes = kSimulatedInPlace.max_payload_bytes};
  device.flash().protect(device.layout().slot(store::Slot::kA));
  store::UpdateWriter writer(device.flash(), device.layout());
  require(writer.begin(0, wanted) == store::UpdateError::kNone, "the update was not begun");
  constexpr std::uint32_t kBlockBytes = 256;
  const auto size = static_cast<std::uint32_t>(image.size());
  for (std::uint32_t at = 0; at < size; at += kBlockBytes) {
    require(writer.write(at, image.subspan(at, std::min(kBlockBytes, size - at))) ==
                store::UpdateError::kNone,
            "a block was refused");
  }
  require(writer.finish() == store::UpdateError::kNone, "the update was not finished");
  require(device.verify(writer.slot()) == image::Error::kNone, "the new image is not good");
  require(store::activate(device.flash(), device.layout(), writer.slot()) == hal::Status::kOk,
          "the update was not activated");
  device.flash().protect({});
}

inline void confirm(SimulatedDevice &device) {
  require(store::confirm(device.flash(), device.layout()) == hal::Status::kOk, "not confirmed");
}

/// The image in the slot is told of an update: it cannot take it.
inline void call_recovery(SimulatedDevice &device) {
  store::UpdateWriter writer(device.flash(), device.layout());
  require(writer.begin(0, {}) == store::UpdateError::kNeedsRecovery,
          "the running image would write over itself");
  require(store::want_recovery(device.flash(), device.layout()) == hal::Status::kOk,
          "the recovery image was not called");
}

inline void provision(SimulatedDevice &device) { device.provision(image_of(kRecoveryBuild)); }

/// From any image to a confirmed `build`. An untried image must never be taken for confirmed.
inline void update_to(SimulatedDevice &device, std::uint32_t build) {
  for (std::uint32_t running = boot(device); running != build; running = boot(device)) {
    running == kRecoveryBuild ? receive(device, build) : call_recovery(device);
  }
  const store::BootState state = device.state();
  require(state.on_trial() ||
              (state.confirmed == store::Slot::kB && state.outcome == store::Outcome::kConfirmed),
          "an untried image runs as if it were confirmed");
  confirm(device);
  require(boot(device) == build && device.state().confirmed == store::Slot::kB,
          "the confirmation did not last");
}

inline void provision_with_old(SimulatedDevice &device) {
  provision(device);
  update_to(device, kOldBuild);
}

inline void activate_new(SimulatedDevice &device) {
  provision_with_old(device);
  call_recovery(device);
  require(boot(device) == kRecoveryBuild, "the recovery image was called and did not come");
  receive(device, kNewBuild);
}

/// The new image never confirms: after its trials the recovery image is back, for good.
inline void roll_back(SimulatedDevice &device) {
  int trials = 0;
  while (boot(device) == kNewBuild) {
    require(++trials <= store::kDefaultTrials, "more trials than allowed");
  }
  require(device.state().outcome == store::Outcome::kRolledBack, "not told as rolled back");
  require(boot(device) == kRecoveryBuild, "the roll-back did not last");
}

/// Called and given nothing, the recovery image restarts: the old image runs again.
inline void return_to_old(SimulatedDevice &device) {
  for (int boots = 0; boots < 3; ++boots) {
    if (boot(device) == kOldBuild) {
      call_recovery(device);
    }
  }
  while (boot(device) != kOldBuild) {
  }
  require(device.state().confirmed == store::Slot::kB, "the old image has lost its rank");
}

inline void damage_slot(SimulatedDevice &device) {
  provision_with_old(device);
  device.flash().bytes()[device.layout().slot(store::Slot::kB).offset + 300] ^= 4;
}

inline void fall_back(SimulatedDevice &device) {
  require(boot(device) == kRecoveryBuild, "a damaged image was started");
}

} // namespace tinyml::boot::recovery
