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
/// In memory of its own, by the linker scripts: after a fault the stack may be unusable.
extern tinyml::xtensa::FaultFrame tinyml_fault_frame;

/// Called with all interrupts held, on the stack as it is or, without room on that, the whole one.
[[noreturn]] void tinyml_fault_report();
}
