// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Processor clock ticks in 64 bits, made of SysTick's 24 and a count of its interrupts (one every
/// 2^24 ticks). Every ARMv7-M and ARMv8-M core has SysTick; not all have, and QEMU lacks, the DWT
/// counter.
namespace tinyml::armv7m {

void start_cycle_counter();
[[nodiscard]] std::uint64_t cycles();

} // namespace tinyml::armv7m

/// Vector 15.
extern "C" void tinyml_systick_interrupt();
