// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/cpu/armv7m/fault.hpp"
#include "os/crash.hpp"

namespace tinyml::armv7m {

/// Not so when the stack pointer was bad: after an overflow the processor pushed nothing.
inline bool is_on_stack(const FaultFrame *frame) {
  const auto at = reinterpret_cast<std::uintptr_t>(frame);
  return at >= reinterpret_cast<std::uintptr_t>(tinyml_stack_bottom) &&
         at + sizeof(FaultFrame) <= reinterpret_cast<std::uintptr_t>(tinyml_stack_top);
}

/// Begins the record of a fault with the registers: those that the processor pushed, and r4 to r7
/// in `high`.
inline crash::Record &begin_record(const FaultFrame *frame, const std::uint32_t *high) {
  crash::Record &record = crash::begin();
  record.sp = reinterpret_cast<std::uintptr_t>(frame);
  __builtin_memcpy(record.registers + 4, high, 4 * sizeof(std::uint32_t));
  if (is_on_stack(frame)) {
    record.pc = frame->pc;
    record.return_address = frame->lr;
    record.sp += sizeof(FaultFrame);
    __builtin_memcpy(record.registers, frame, 4 * sizeof(std::uint32_t)); // r0 to r3
    record.registers[8] = frame->r12;
    record.registers[9] = frame->psr;
  }
  return record;
}

} // namespace tinyml::armv7m
