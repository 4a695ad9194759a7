// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "machine.hpp" // of the board that is built

/// A board of Arm's MPS family: what its machine.hpp cannot know.
namespace tinyml::mps {

/// Brings the Ethernet controller up when the network is first used; costs a comparison afterwards.
void ensure_network();

/// Reset reason of this start (hal::BootInfo), decided before anything may reset again.
[[nodiscard]] std::uint8_t reset_reason();

/// Flash is read-only, RAM and store never execute, and everything else, the stack's guard
/// included, is not there: the limits of the device class, enforced.
void protect();

} // namespace tinyml::mps
