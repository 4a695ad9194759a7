// SPDX-License-Identifier: Apache-2.0
// A fault is our own mistake. It is told in full on the console (registers as the processor saved
// them, so that a linker map turns them into names), kept for the next start, and left to the board
// to end.
#include "os/cpu/armv7m/fault.hpp"

#include "os/cpu/armv7m/registers.hpp"
#include "os/cpu/armv7m/retained.hpp"
#include "os/freestanding/stack_memory.hpp"
#include "os/hal.hpp"

namespace {

using tinyml::armv7m::FaultFrame;

void print_register(std::string_view name, std::uint32_t value) {
  char text[9] = {};
  for (int i = 7; i >= 0; --i, value >>= 4) {
    text[i] = "0123456789abcdef"[value & 15];
  }
  tinyml::hal::console_write(name);
  tinyml::hal::console_write({text, 8});
}

void print_frame(const FaultFrame &frame) {
  print_register("\r\n  pc ", frame.pc);
  print_register("  lr ", frame.lr);
  print_register("  psr ", frame.psr);
  print_register("\r\n  r0 ", frame.r0);
  print_register("  r1 ", frame.r1);
  print_register("  r2 ", frame.r2);
  print_register("  r3 ", frame.r3);
  print_register("  r12 ", frame.r12);
}

/// The frame is only there when the stack pointer was good: not after an overflow.
bool frame_on_stack(const FaultFrame *frame) {
  const auto at = reinterpret_cast<std::uintptr_t>(frame);
  return at >= reinterpret_cast<std::uintptr_t>(tinyml_stack_bottom) &&
         at + sizeof(FaultFrame) <= reinterpret_cast<std::uintptr_t>(tinyml_stack_top);
}

} // namespace

extern "C" [[noreturn]] void tinyml_fault_report(const FaultFrame *frame) {
  using namespace tinyml::armv7m;
  tinyml_retained.fault_status = FaultStatus::read();
  tinyml_retained.fault_address = MemManageAddress::read();
  tinyml_retained.fault_pc = 1;
  tinyml::hal::console_write("\r\nFAULT");
  print_register("  cfsr ", FaultStatus::read());
  print_register("  hfsr ", HardFaultStatus::read());
  print_register("  address ", MemManageAddress::read());
  print_register("  sp ", reinterpret_cast<std::uintptr_t>(frame));
  if (frame_on_stack(frame)) {
    tinyml_retained.fault_pc = frame->pc;
    tinyml_retained.fault_lr = frame->lr;
    print_frame(*frame);
  } else {
    tinyml::hal::console_write("\r\n  the stack overflowed");
  }
  tinyml::hal::console_write("\r\n");
  tinyml_board_fault();
}

/// Takes the saved frame's address, then continues on a stack with room: the current one, or from
/// its top when little is left below.
extern "C" __attribute__((naked)) void tinyml_fault_vector() {
  asm volatile("mrs   r0, msp\n"
               "ldr   r1, =tinyml_stack_bottom + 384\n"
               "cmp   r0, r1\n"
               "bhs   1f\n"
               "ldr   r1, =tinyml_stack_top\n"
               "mov   sp, r1\n"
               "1: b  tinyml_fault_report\n"
               ".ltorg\n");
}
