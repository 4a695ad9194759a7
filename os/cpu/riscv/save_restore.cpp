// SPDX-License-Identifier: Apache-2.0
// What functions call at their begin and end under -msave-restore: the compiler's names, frames and
// registers (t0 returns, t1 is free). libgcc's take the largest frame first and give the rest back;
// these never use more stack than the caller's frame, which is what the stack bound knows of. For
// that the stack pointer is for a moment above what is stored: nothing interrupts on this stack
// (trap.cpp).

asm(R"(
  .macro save_frame bytes, numbers:vararg
  .irp number, \numbers
  .globl __riscv_save_\number
  .type __riscv_save_\number, @function
__riscv_save_\number:
  .endr
  addi sp, sp, -\bytes
  li t1, 16 - \bytes # from where the last registers lie
  .endm

  .macro restore_names numbers:vararg
  .irp number, \numbers
  .globl __riscv_restore_\number
  .type __riscv_restore_\number, @function
__riscv_restore_\number:
  .endr
  .endm
)");

#if __riscv_xlen == 64

asm(R"(
  .macro pair operation, low, high
  \operation \low, 0(sp)
  \operation \high, 8(sp)
  .endm
  .macro climb to
  addi sp, sp, 16
  j \to
  .endm

  .section .text.tinyml_save, "ax", @progbits
  save_frame 112, 12
  sd s11, 8(sp)
  climb 1f
  save_frame 96, 11, 10
1: pair sd, s10, s9
  climb 1f
  save_frame 80, 9, 8
1: pair sd, s8, s7
  climb 1f
  save_frame 64, 7, 6
1: pair sd, s6, s5
  climb 1f
  save_frame 48, 5, 4
1: pair sd, s4, s3
  climb 1f
  save_frame 32, 3, 2
1: pair sd, s2, s1
  climb 1f
  save_frame 16, 1, 0
1: pair sd, s0, ra
  add sp, sp, t1
  jr t0

  .section .text.tinyml_restore, "ax", @progbits
  restore_names 12
  ld s11, 8(sp)
  addi sp, sp, 16
  restore_names 11, 10
  pair ld, s10, s9
  addi sp, sp, 16
  restore_names 9, 8
  pair ld, s8, s7
  addi sp, sp, 16
  restore_names 7, 6
  pair ld, s6, s5
  addi sp, sp, 16
  restore_names 5, 4
  pair ld, s4, s3
  addi sp, sp, 16
  restore_names 3, 2
  pair ld, s2, s1
  addi sp, sp, 16
  restore_names 1, 0
  pair ld, s0, ra
  addi sp, sp, 16
  ret
  .text
)");

#else

asm(R"(
  .macro four operation, first, second, third, fourth
  \operation \first, 0(sp)
  \operation \second, 4(sp)
  \operation \third, 8(sp)
  \operation \fourth, 12(sp)
  .endm
  .macro climb to
  addi sp, sp, 16
  j \to
  .endm

  .section .text.tinyml_save, "ax", @progbits
  save_frame 64, 12
  sw s11, 12(sp)
  climb 1f
  save_frame 48, 11, 10, 9, 8
1: four sw, s10, s9, s8, s7
  climb 1f
  save_frame 32, 7, 6, 5, 4
1: four sw, s6, s5, s4, s3
  climb 1f
  save_frame 16, 3, 2, 1, 0
1: four sw, s2, s1, s0, ra
  add sp, sp, t1
  jr t0

  .section .text.tinyml_restore, "ax", @progbits
  restore_names 12
  lw s11, 12(sp)
  addi sp, sp, 16
  restore_names 11, 10, 9, 8
  four lw, s10, s9, s8, s7
  addi sp, sp, 16
  restore_names 7, 6, 5, 4
  four lw, s6, s5, s4, s3
  addi sp, sp, 16
  restore_names 3, 2, 1, 0
  four lw, s2, s1, s0, ra
  addi sp, sp, 16
  ret
  .text
)");

#endif
