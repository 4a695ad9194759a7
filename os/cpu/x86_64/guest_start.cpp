// SPDX-License-Identifier: Apache-2.0
// From the machine's start to the program: stack, statics, board, program.
#include "os/cpu/x86_64/guest_start.hpp"

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
    *static_cast<volatile std::uint32_t *>(to) = *from++;
  }
  for (std::uint32_t *to = tinyml_zero_start; to < tinyml_zero_end; ++to) {
    *static_cast<volatile std::uint32_t *>(to) = 0;
  }
}

} // namespace

extern "C" [[noreturn]] void tinyml_start_on_stack() {
  auto *const here = static_cast<std::uint32_t *>(__builtin_frame_address(0));
  tinyml_board_check();
  tinyml::stack::paint_below(here - 64);
  fill_statics();
  tinyml_board_start();
  tinyml::hal::exit(tinyml_program());
}

/// The first instruction of an image.
extern "C" __attribute__((naked, section(".vectors"))) void tinyml_start() {
  asm volatile("movl $tinyml_stack_top, %esp\n"
               "xorl %ebp, %ebp\n"
               "call tinyml_start_on_stack\n");
}
