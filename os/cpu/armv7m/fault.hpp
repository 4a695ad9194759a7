// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::armv7m {

/// What the processor saved; ARMv6-M saves the same.
struct FaultFrame {
  std::uint32_t r0, r1, r2, r3, r12, lr, pc, psr;
};

} // namespace tinyml::armv7m

/// The vector of every fault and every vector nobody uses.
extern "C" void tinyml_fault_vector();

/// The board's last act: called with the report already on the console.
extern "C" [[noreturn]] void tinyml_board_fault();
