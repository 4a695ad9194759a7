// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/cpu/riscv/registers.hpp"

namespace tinyml::riscv {

/// Registers at a trap, as the trap vector saved them.
struct TrapFrame {
  Word ra;
  Word sp;
  Word others[12]; ///< a0 to a7, t0, t1, s0, s1: those of a crash record
};

/// Sleeps; to be called in user mode only.
inline void sleep() { asm volatile("ecall" ::: "memory"); }

/// Goes on in user mode, on the same stack. There is no way back but a trap.
inline void enter_user_mode() {
  Word scratch;
  asm volatile("li   %0, 3 << 11\n" // mstatus.MPP
               "csrc mstatus, %0\n"
               "la   %0, 1f\n"
               "csrw mepc, %0\n"
               "mret\n"
               "1:\n"
               : "=&r"(scratch)::"memory");
}

} // namespace tinyml::riscv

extern "C" {
/// For mtvec. A call of user mode puts the processor to sleep until the alarm or the controller of
/// external interrupts wants it (neither interrupt is taken: they only end the wfi). Any other trap
/// is our own mistake.
void tinyml_trap();

/// The board's last act after a fault: called with the crash record complete and on the console.
[[noreturn]] void tinyml_board_fault();
}
