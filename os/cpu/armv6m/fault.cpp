// SPDX-License-Identifier: Apache-2.0
// A fault is our own mistake. It is kept for the next start and told on the console (os/crash.hpp),
// and left to the board to end. This architecture has one fault for all, and no register that tells
// more.
#include "os/cpu/armv6m/fault.hpp"

#include "os/crash.hpp"

namespace {

using tinyml::armv6m::FaultFrame;

/// What the processor pushed. The frame is only there when the stack pointer was good: not after an
/// overflow.
void take_frame(tinyml::crash::Record &record, const FaultFrame &frame) {
  record.pc = frame.pc;
  record.return_address = frame.lr;
  record.sp += sizeof(FaultFrame);
  __builtin_memcpy(record.registers, &frame, 4 * sizeof(std::uint32_t)); // r0 to r3
  record.registers[8] = frame.r12;
  record.registers[9] = frame.psr;
}

bool on_stack(const FaultFrame *frame) {
  const auto at = reinterpret_cast<std::uintptr_t>(frame);
  return at >= reinterpret_cast<std::uintptr_t>(tinyml_stack_bottom) &&
         at + sizeof(FaultFrame) <= reinterpret_cast<std::uintptr_t>(tinyml_stack_top);
}

} // namespace

/// `high` are r4 to r7.
extern "C" [[noreturn]] void tinyml_fault_report(const FaultFrame *frame,
                                                 const std::uint32_t *high) {
  using namespace tinyml;
  crash::Record &record = crash::begin();
  record.sp = reinterpret_cast<std::uintptr_t>(frame);
  __builtin_memcpy(record.registers + 4, high, 4 * sizeof(std::uint32_t));
  if (on_stack(frame)) {
    take_frame(record, *frame);
  }
  crash::finish<diagnostics::Architecture::kArm>(record);
  tinyml_board_fault();
}

/// Hands the fault over to the image that a bootloader started, if any. Otherwise takes the saved
/// frame's address and continues on a stack with room: the current one, or from its top when little
/// is left below.
extern "C" __attribute__((naked)) void tinyml_fault_vector() {
  asm volatile("ldr   r0, =tinyml_started_vectors\n"
               "ldr   r0, [r0]\n"
               "cmp   r0, #0\n"
               "beq   1f\n"
               "ldr   r0, [r0, #12]\n"
               "bx    r0\n"
               "1: mrs r0, msp\n"
               "ldr   r1, =tinyml_stack_bottom + 384\n"
               "cmp   r0, r1\n"
               "bhs   2f\n"
               "ldr   r1, =tinyml_stack_top\n"
               "mov   sp, r1\n"
               "2: push {r4-r7}\n"
               "mov   r1, sp\n"
               "ldr   r2, =tinyml_fault_report\n"
               "bx    r2\n"
               ".ltorg\n");
}
