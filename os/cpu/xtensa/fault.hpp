// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::xtensa {

/// The processor as a fault found it; filled in by the vectors (start.cpp), which know the order.
struct FaultFrame {
  std::uint32_t a[16];  ///< a[0] is the return address, a[1] the stack pointer
  std::uint32_t vector; ///< which one: its offset from VECBASE
};

} // namespace tinyml::xtensa

extern "C" {
/// Filled in before anything else runs, hence no stack is needed.
extern tinyml::xtensa::FaultFrame tinyml_fault_frame;

/// Called on the whole stack, with all interrupts held.
[[noreturn]] void tinyml_fault_report();
}
