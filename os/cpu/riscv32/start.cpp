// SPDX-License-Identifier: Apache-2.0
// From reset to the program, and what becomes of a trap. Everything runs in machine mode.
#include "os/cpu/riscv32/start.hpp"

#include "os/cpu/riscv32/registers.hpp"
#include "os/freestanding/stack_memory.hpp"
#include "os/hal.hpp"
#include "os/program.hpp"

extern "C" {
extern std::uint32_t tinyml_data_start[];
extern std::uint32_t tinyml_data_end[];
extern const std::uint32_t tinyml_data_load[];
extern std::uint32_t tinyml_zero_start[];
extern std::uint32_t tinyml_zero_end[];
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

extern "C" [[noreturn]] void tinyml_trap_report() {
  using namespace tinyml::riscv32;
  print("\r\nFAULT cause ", read_csr<Csr::kTrapCause>());
  print(" pc ", read_csr<Csr::kTrapPc>());
  print(" at ", read_csr<Csr::kTrapValue>());
  tinyml::hal::console_write("\r\n");
  tinyml_board_fault();
}

/// A trap is our own mistake and never returns: the report takes the whole stack.
extern "C" __attribute__((naked, aligned(4))) void tinyml_trap() {
  asm volatile("la sp, tinyml_stack_top\n"
               "j tinyml_trap_report\n");
}

extern "C" [[noreturn]] void tinyml_start_on_stack() {
  using namespace tinyml::riscv32;
  constexpr int kOwnFrameWords = 16;
  write_csr<Csr::kTrapVector>(reinterpret_cast<std::uintptr_t>(&tinyml_trap));
  tinyml::stack::paint_below(static_cast<std::uint32_t *>(__builtin_frame_address(0)) -
                             kOwnFrameWords);
  fill_statics();
  tinyml_board_start();
  tinyml::hal::exit(tinyml_program());
}

extern "C" __attribute__((naked, used, section(".vectors"))) void tinyml_start() {
  asm volatile("la sp, tinyml_stack_top\n"
               "j tinyml_start_on_stack\n");
}
