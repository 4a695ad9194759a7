// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "machine.hpp" // of the board that is built

/// A board on the `virt` machine: what its machine.hpp cannot know.
namespace tinyml::virt {

/// Brings the network device up when it is first used; costs a comparison afterwards.
void ensure_network();

/// The indices of the device's queue of frames to send: how many it was given, how many it is done
/// with.
struct SendProgress {
  const volatile std::uint16_t *given = nullptr; ///< nullptr until the network is used
  const volatile std::uint16_t *done = nullptr;
};
/// Kept with what ends the machine, so that programs without a network do not link the driver.
extern SendProgress send_progress;

/// Reset reason of this start (hal::BootInfo), decided before anything may reset again.
[[nodiscard]] std::uint8_t reset_reason();

/// Sleeps until the machine's time has moved on that far, or the network's interrupt line wants
/// something.
void pause(std::uint32_t timer_ticks);

/// From here on flash is read-only, RAM and store never execute, and everything else, the stack's
/// guard included, is not there: the limits of the device class, enforced. Returns in user mode.
void protect();

/// Forgets what an image granted itself before a reset: machine mode is bound by none of it, but
/// the emulator's accesses are slow where it ends.
void unprotect();

} // namespace tinyml::virt
