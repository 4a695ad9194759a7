// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "machine.hpp" // of the board that is built

/// A board on the `virt` machine: what its machine.hpp cannot know.
namespace tinyml::virt {

/// Brings the network device up when it is first used; costs a comparison afterwards.
void ensure_network();

/// Reset reason of this start (hal::BootInfo), decided before anything may reset again.
[[nodiscard]] std::uint8_t reset_reason();

/// From here on flash is read-only, RAM and store never execute, and everything else, the stack's
/// guard included, is not there: the limits of the device class, enforced. Returns in user mode.
void protect();

} // namespace tinyml::virt
