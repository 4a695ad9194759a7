// SPDX-License-Identifier: Apache-2.0
#include "os/hal.hpp"

namespace tinyml::hal {

/// Nanoseconds since start; must never step back.
std::uint64_t monotonic_ns() { return 0; }

/// 0: this board does not know the date.
std::uint64_t wall_clock_ns() { return 0; }

std::uint64_t cycle_count() { return 0; }

/// Sleeps until a frame waits (true) or the deadline has passed (false). Here time stands still and
/// nothing comes.
bool wait_until(std::uint64_t) { return false; }

} // namespace tinyml::hal
