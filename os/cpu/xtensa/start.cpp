// SPDX-License-Identifier: Apache-2.0
// From reset to the program, for Xtensa cores with the call0 ABI (Xtensa ISA Reference Manual, 4.4:
// exceptions with relocatable vectors). The same code starts the bootloader and an image that the
// bootloader jumped to.
#include "os/cpu/xtensa/start.hpp"

#include "os/cpu/xtensa/fault.hpp"
#include "os/cpu/xtensa/registers.hpp"
#include "os/freestanding/stack_memory.hpp"
#include "os/hal.hpp"
#include "os/program.hpp"

#include <cstddef>

extern "C" {
extern std::uint32_t tinyml_data_start[];
extern std::uint32_t tinyml_data_end[];
extern const std::uint32_t tinyml_data_load[];
extern std::uint32_t tinyml_zero_start[];
extern std::uint32_t tinyml_zero_end[];
extern const char tinyml_vectors[];
}

namespace {

void fill_statics() {
  const std::uint32_t *from = tinyml_data_load;
  for (std::uint32_t *to = tinyml_data_start; to < tinyml_data_end; ++to) {
    *to = *from++;
  }
  for (std::uint32_t *to = tinyml_zero_start; to < tinyml_zero_end; ++to) {
    *to = 0;
  }
}

} // namespace

static_assert(offsetof(tinyml::xtensa::FaultFrame, vector) == 64, "as the vectors have it");

extern "C" [[noreturn]] void tinyml_start_on_stack() {
  using namespace tinyml::xtensa;
  constexpr int kOwnFrameWords = 16;
  stop_watching();
  write<Special::kVectors>(reinterpret_cast<std::uintptr_t>(tinyml_vectors));
  tinyml::stack::paint_below(static_cast<std::uint32_t *>(__builtin_frame_address(0)) -
                             kOwnFrameWords);
  fill_statics();
  tinyml_board_start();
  tinyml::hal::exit(tinyml_program());
}

// The vectors: debug at 0x10, non-maskable interrupt at 0x20, kernel at 0x30, user at 0x50, double
// exception at 0x70. An interrupt (user vector, cause 4) only ends the sleep that let it come: all
// are turned off, and whoever slept goes on. Everything else is a fault. PS = 0x20 is user vector
// mode without interrupts held.
asm(".section .vectors, \"ax\"\n"
    ".align 4\n"
    ".global tinyml_vectors\n"
    "tinyml_vectors:\n"
    "  j tinyml_start\n" // an image's first instruction
    ".org 0x10\n"
    "  wsr.excsave1 a0\n  movi a0, 0x10\n  j tinyml_fault_vector\n"
    ".org 0x20\n"
    "  wsr.excsave1 a0\n  movi a0, 0x20\n  j tinyml_fault_vector\n"
    ".org 0x30\n"
    "  wsr.excsave1 a0\n  movi a0, 0x30\n  j tinyml_fault_vector\n"
    ".org 0x50\n"
    "  wsr.excsave1 a0\n"
    "  rsr.exccause a0\n"
    "  beqi a0, 4, .Lawake\n" // kCauseLowInterrupt
    "  movi a0, 0x50\n  j tinyml_fault_vector\n"
    ".org 0x70\n"
    "  wsr.excsave1 a0\n  movi a0, 0x70\n  j tinyml_fault_vector\n"
    ".org 0x80\n"
    ".align 4\n"
    ".Lstack: .word tinyml_stack_top\n"
    ".Lmain: .word tinyml_start_on_stack\n"
    ".Lstatus: .word 0x20\n"
    ".Lawake:\n"
    "  movi a0, 0\n"
    "  wsr.intenable a0\n"
    "  rsync\n"
    "  rsr.excsave1 a0\n"
    "  rfe\n"
    ".align 4\n"
    ".global tinyml_start\n"
    "tinyml_start:\n"
    "  movi a2, 0\n"
    "  wsr.intenable a2\n"
    "  l32r a2, .Lstatus\n"
    "  wsr.ps a2\n"
    "  rsync\n"
    "  l32r a1, .Lstack\n"
    "  l32r a0, .Lmain\n"
    "  jx a0\n"
    ".text\n");

// All registers go to tinyml_fault_frame, then the report runs with all interrupts held (PS = 0x2F)
// on the stack, from its top where less than 512 bytes are left. a0 is the vector; what it was is
// in EXCSAVE1, and a1 goes to EXCSAVE2.
asm(".section .text.tinyml_fault_vector, \"ax\"\n"
    ".align 4\n"
    ".Ltop: .word tinyml_stack_top\n"
    ".Llow: .word tinyml_stack_bottom + 512\n"
    ".Lreport: .word tinyml_fault_report\n"
    ".Lframe: .word tinyml_fault_frame\n"
    ".Lheld: .word 0x2F\n"
    ".global tinyml_fault_vector\n"
    "tinyml_fault_vector:\n"
    "  wsr.excsave2 a1\n"
    "  l32r a1, .Lframe\n"
    "  s32i a0, a1, 64\n"
    "  rsr.excsave1 a0\n"
    "  s32i a0, a1, 0\n"
    "  rsr.excsave2 a0\n"
    "  s32i a0, a1, 4\n"
    "  s32i a2, a1, 8\n  s32i a3, a1, 12\n  s32i a4, a1, 16\n  s32i a5, a1, 20\n"
    "  s32i a6, a1, 24\n  s32i a7, a1, 28\n  s32i a8, a1, 32\n  s32i a9, a1, 36\n"
    "  s32i a10, a1, 40\n  s32i a11, a1, 44\n  s32i a12, a1, 48\n  s32i a13, a1, 52\n"
    "  s32i a14, a1, 56\n  s32i a15, a1, 60\n"
    "  movi a2, 0\n"
    "  wsr.dbreakc0 a2\n"
    "  l32r a2, .Lheld\n"
    "  wsr.ps a2\n"
    "  rsync\n"
    "  rsr.excsave2 a1\n"
    "  l32r a2, .Llow\n"
    "  l32r a3, .Ltop\n"
    "  sub a4, a1, a2\n"
    "  sub a5, a3, a2\n"
    "  bltu a4, a5, 1f\n"
    "  mov a1, a3\n"
    "1: movi a2, -16\n"
    "  and a1, a1, a2\n"
    "  l32r a0, .Lreport\n"
    "  jx a0\n"
    ".text\n");
