// SPDX-License-Identifier: Apache-2.0
// From reset to the program, and what becomes of an exception, for Xtensa cores with the call0 ABI
// (Xtensa ISA Reference Manual, 4.4: exceptions with relocatable vectors).
#include "os/cpu/xtensa/start.hpp"

#include "os/freestanding/stack_memory.hpp"
#include "os/hal.hpp"
#include "os/program.hpp"

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

void print(std::string_view name, std::uint32_t value) {
  char digits[8];
  for (unsigned at = sizeof(digits); at-- > 0; value >>= 4) {
    digits[at] = "0123456789abcdef"[value & 15];
  }
  tinyml::hal::console_write(name);
  tinyml::hal::console_write({digits, sizeof(digits)});
}

} // namespace

/// An exception is our own mistake and never returns.
extern "C" [[noreturn]] void tinyml_exception_report() {
  std::uint32_t cause = 0;
  std::uint32_t pc = 0;
  std::uint32_t address = 0;
  asm volatile("rsr.exccause %0\n rsr.epc1 %1\n rsr.excvaddr %2"
               : "=r"(cause), "=r"(pc), "=r"(address));
  print("\r\nFAULT cause ", cause);
  print(" pc ", pc);
  print(" at ", address);
  tinyml::hal::console_write("\r\n");
  tinyml_board_fault();
}

extern "C" [[noreturn]] void tinyml_start_on_stack() {
  constexpr int kOwnFrameWords = 16;
  asm volatile("wsr.vecbase %0\n rsync" ::"r"(tinyml_vectors));
  tinyml::stack::paint_below(static_cast<std::uint32_t *>(__builtin_frame_address(0)) -
                             kOwnFrameWords);
  fill_statics();
  tinyml_board_start();
  tinyml::hal::exit(tinyml_program());
}

// The vectors: debug at 0x10, non-maskable interrupt at 0x20, kernel at 0x30, user at 0x50, double
// exception at 0x70. Each goes to the report, on the whole stack. The start follows them; PS = 0x20
// is user vector mode without interrupts held.
asm(".section .vectors, \"ax\"\n"
    ".align 4\n"
    ".global tinyml_vectors\n"
    "tinyml_vectors:\n"
    ".org 0x10\n j .Lfault\n"
    ".org 0x20\n j .Lfault\n"
    ".org 0x30\n j .Lfault\n"
    ".org 0x50\n j .Lfault\n"
    ".org 0x70\n j .Lfault\n"
    ".org 0x80\n"
    ".align 4\n"
    ".Lstack: .word tinyml_stack_top\n"
    ".Lreport: .word tinyml_exception_report\n"
    ".Lmain: .word tinyml_start_on_stack\n"
    ".Lstatus: .word 0x20\n"
    ".Lfault:\n"
    "  l32r a1, .Lstack\n"
    "  l32r a0, .Lreport\n"
    "  jx a0\n"
    ".align 4\n"
    ".global tinyml_start\n"
    "tinyml_start:\n"
    "  l32r a2, .Lstatus\n"
    "  wsr.ps a2\n"
    "  rsync\n"
    "  l32r a1, .Lstack\n"
    "  l32r a0, .Lmain\n"
    "  jx a0\n"
    ".text\n");
