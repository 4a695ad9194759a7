// SPDX-License-Identifier: Apache-2.0
// A fault is our own mistake. It is kept for the next start and told on the console (os/crash.hpp),
// and left to the board to end.
#include "os/cpu/riscv/trap.hpp"

#include "os/crash.hpp"

extern "C" [[noreturn]] void tinyml_trap_report(const tinyml::riscv::TrapFrame *frame) {
  using namespace tinyml;
  using namespace tinyml::riscv;
  crash::Record &record = crash::begin();
  record.raw_cause = static_cast<std::uint32_t>(read_csr<Csr::kTrapCause>());
  record.fault_address = read_csr<Csr::kTrapValue>();
  record.pc = read_csr<Csr::kTrapPc>();
  record.sp = frame->sp;
  record.return_address = frame->ra;
  static_assert(sizeof(frame->others) == sizeof(record.registers));
  __builtin_memcpy(record.registers, frame->others, sizeof(record.registers));
  crash::finish<diagnostics::Architecture::kRiscv>(record);
  tinyml_board_fault();
}

#if __riscv_xlen == 64
#define TINYML_SAVE "sd \\reg, 8 * \\at(t0)\n"
#define TINYML_FRAME "16 * 8"
#else
#define TINYML_SAVE "sw \\reg, 4 * \\at(t0)\n"
#define TINYML_FRAME "16 * 4"
#endif

/// Sleeps (mie names the alarm and the external interrupts only meanwhile, for user mode is
/// interrupted by whatever it names), or saves the registers on the current stack, or at its top
/// when little is left below, and reports from there. mscratch keeps the one register that is
/// needed for either.
extern "C" __attribute__((naked, aligned(4))) void tinyml_trap() {
  asm volatile("csrw mscratch, t0\n"
               "csrr t0, mcause\n"
               "addi t0, t0, -8\n" // a call of user mode
               "bnez t0, 3f\n"
               "li   t0, (1 << 7) | (1 << 11)\n"
               "csrw mie, t0\n"
               "wfi\n"
               "csrw mie, zero\n"
               "csrr t0, mepc\n"
               "addi t0, t0, 4\n"
               "csrw mepc, t0\n"
               "csrr t0, mscratch\n"
               "mret\n"
               "3:\n"
               "la t0, tinyml_stack_bottom + 512\n"
               "bltu sp, t0, 1f\n"
               "la t0, tinyml_stack_top\n"
               "bltu t0, sp, 1f\n"
               "mv   t0, sp\n"
               "j    2f\n"
               "1: la t0, tinyml_stack_top\n"
               "2: addi t0, t0, -" TINYML_FRAME "\n"
               ".macro save reg, at\n" TINYML_SAVE ".endm\n"
               "save ra, 0\n"
               "save sp, 1\n"
               ".irp n, 0, 1, 2, 3, 4, 5, 6, 7\n"
               "save a\\n, (2+\\n)\n"
               ".endr\n"
               "save t1, 11\n"
               "csrr t1, mscratch\n"
               "save t1, 10\n"
               "save s0, 12\n"
               "save s1, 13\n"
               "mv   a0, t0\n"
               "mv   sp, t0\n"
               "j    tinyml_trap_report\n");
}
