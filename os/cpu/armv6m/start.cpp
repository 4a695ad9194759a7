// SPDX-License-Identifier: Apache-2.0
// From reset to the program: statics, stack paint, board, program. The same code starts the
// bootloader and an image that the bootloader jumped to.
#include "os/cpu/armv6m/start.hpp"
#include "os/freestanding/stack_memory.hpp"
#include "os/hal.hpp"
#include "os/program.hpp"

extern "C" {
extern std::uint32_t tinyml_data_start[];
extern std::uint32_t tinyml_data_end[];
extern const std::uint32_t tinyml_data_load[];
extern std::uint32_t tinyml_zero_start[];
extern std::uint32_t tinyml_zero_end[];

/// Of the image that this bootloader has started; null in an image. Known to tinyml_fault_vector().
const std::uint32_t *tinyml_started_vectors;
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

/// Reached with the stack pointer from the vector table (or from tinyml_jump_to_image).
extern "C" [[noreturn]] void tinyml_start() {
  asm volatile("cpsid i");
  std::uint32_t *const here = static_cast<std::uint32_t *>(__builtin_frame_address(0));
  tinyml::stack::paint_below(here - 16);
  fill_statics();
  tinyml_board_start();
  asm volatile("cpsie i");
  tinyml::hal::exit(tinyml_program());
}

extern "C" [[noreturn]] void tinyml_jump_to_image(const std::uint32_t *vectors) {
  asm volatile("cpsid i");
  tinyml_started_vectors = vectors;
  asm volatile("mov sp, %0\n bx %1" ::"r"(vectors[0]), "r"(vectors[1]) : "memory");
  __builtin_unreachable();
}
