// SPDX-License-Identifier: Apache-2.0
// A fault is our own mistake. It is kept for the next start and told on the console (os/crash.hpp),
// and left to the board to end. This architecture has one fault for all, and no register that tells
// more.
#include "os/cpu/armv7m/fault_record.hpp"

extern "C" [[noreturn]] void tinyml_fault_report(const tinyml::armv7m::FaultFrame *frame,
                                                 const std::uint32_t *high) {
  using namespace tinyml;
  crash::finish<diagnostics::Architecture::kArm>(armv7m::begin_record(frame, high));
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
