// SPDX-License-Identifier: Apache-2.0
// From the kernel to the program: the arguments lie where the stack pointer points; the program
// runs on its own stack of the size that the linker script reserved, as on a device.
#include "os/cpu/x86_64/linux_start.hpp"

#include "os/freestanding/stack_memory.hpp"
#include "os/hal.hpp"
#include "os/program.hpp"

extern "C" [[noreturn]] void tinyml_start_on_own_stack(const long *kernel_stack) {
  auto *const here = static_cast<std::uint32_t *>(__builtin_frame_address(0));
  tinyml::stack::paint_below(here - 64);
  const auto count = static_cast<int>(kernel_stack[0]);
  const auto *arguments = reinterpret_cast<const char *const *>(kernel_stack + 1);
  tinyml_board_start({count, arguments, arguments + count + 1});
  tinyml::hal::exit(tinyml_program());
}

extern "C" __attribute__((naked)) void tinyml_start() {
  asm volatile("mov %rsp, %rdi\n"
               "lea tinyml_stack_top(%rip), %rsp\n"
               "xor %ebp, %ebp\n"
               "call tinyml_start_on_own_stack\n");
}
