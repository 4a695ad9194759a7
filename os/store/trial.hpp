// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/store/boot_state.hpp"
#include "os/store/region_reader.hpp"

/// What a running image does with the boot state.
namespace tinyml::store {

/// Reads the boot state; the default state when it cannot be read.
template <Flash F> [[nodiscard]] BootState current_state(F &flash, const Layout &layout) {
  BootLog<F> log(flash, layout);
  BootState state;
  return log.load(state) == hal::Status::kOk ? state : BootState{};
}

/// Makes the next boots try `slot`. Call it after the boot services found the slot good, then
/// reset.
template <Flash F>
[[nodiscard]] hal::Status activate(F &flash, const Layout &layout, Slot slot,
                                   std::uint8_t trials = kDefaultTrials) {
  BootLog<F> log(flash, layout);
  BootState state;
  const hal::Status status = log.load(state);
  return status == hal::Status::kOk ? log.append(with_trial(state, slot, trials)) : status;
}

/// Makes the next boot start the recovery image, which can write the slot. Then reset.
template <Flash F> [[nodiscard]] hal::Status want_recovery(F &flash, const Layout &layout) {
  BootLog<F> log(flash, layout);
  BootState state;
  const hal::Status status = log.load(state);
  return status == hal::Status::kOk ? log.append(with_recovery_wanted(state)) : status;
}

/// Says that the running image works; from now on it is the one to come back to. Does nothing when
/// it is not on trial.
template <Flash F> [[nodiscard]] hal::Status confirm(F &flash, const Layout &layout) {
  BootLog<F> log(flash, layout);
  BootState state;
  if (const auto status = log.load(state); status != hal::Status::kOk || !state.on_trial()) {
    return status;
  }
  std::uint8_t bytes[image::kHeaderBytes];
  RegionReader slot(flash, layout.slot(state.booted));
  const auto header = slot.read(0, bytes) ? image::parse_header(bytes) : Failure{image::Error::kIo};
  return header ? log.append(with_confirmation(state, *header)) : hal::Status::kIo;
}

} // namespace tinyml::store
