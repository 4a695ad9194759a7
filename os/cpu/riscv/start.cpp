// SPDX-License-Identifier: Apache-2.0
// From reset to the program, in machine mode. The same code starts the bootloader and an image that
// the bootloader jumped to.
#include "os/cpu/riscv/start.hpp"

#include "os/cpu/riscv/registers.hpp"
#include "os/cpu/riscv/trap.hpp"
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

/// Initial state of vector and floating point registers; the fields are fixed to zero where the
/// processor has none.
constexpr tinyml::riscv::Word kCoprocessorsOn = (1U << 9) | (1U << 13);

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

extern "C" [[noreturn]] void tinyml_start_on_stack() {
  using namespace tinyml::riscv;
  constexpr int kOwnFrameWords = 32;
  write_csr<Csr::kTrapVector>(reinterpret_cast<Word>(&tinyml_trap));
  set_csr<Csr::kStatus>(kCoprocessorsOn);
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

extern "C" [[noreturn]] void tinyml_jump_to_image(std::uintptr_t entry) {
  asm volatile("fence.i\n jr %0" ::"r"(entry) : "memory");
  __builtin_unreachable();
}
