// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tinyml::kvm {

/// From here on a fault leaves a crash record (os/crash.hpp) and resets.
void catch_faults();

} // namespace tinyml::kvm
