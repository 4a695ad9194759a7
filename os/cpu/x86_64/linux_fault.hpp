// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tinyml::linux_x86_64 {

/// From here on a signal that stands for a processor's fault leaves a crash record (os/crash.hpp)
/// and then ends the process as it would have without.
void catch_faults();

} // namespace tinyml::linux_x86_64
