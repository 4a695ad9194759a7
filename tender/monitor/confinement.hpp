// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <cstdint>

namespace tinyml::tender {

/// Closes every file that was left open for us, except the standard three.
void close_inherited_files();

/// From here on the process can do nothing but run its guest: no new privileges, no new files or
/// processes, no executable memory; only the system calls that running takes, and of KVM's only
/// those that do. Anything else kills it. `max_cpu_seconds` 0: no limit.
[[nodiscard]] Expected<void> confine(std::uint32_t max_cpu_seconds, bool debugger);

} // namespace tinyml::tender
