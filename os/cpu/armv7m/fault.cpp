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

/// A four-letter name and a value.
struct Named {
  char name[4];
  std::uint32_t value;
};

void print(const Named *values, unsigned count) {
  for (; count > 0; --count, ++values) {
    char text[] = "      00000000";
    __builtin_memcpy(text + 1, values->name, sizeof(values->name));
    std::uint32_t rest = values->value;
    for (unsigned at = sizeof(text) - 2; rest != 0; rest >>= 4) {
      text[at--] = "0123456789abcdef"[rest & 15];
    }
    tinyml::hal::console_write({text, sizeof(text) - 1});
  }
}

void print_frame(const FaultFrame &frame) {
  const Named values[] = {{{'p', 'c', ' ', ' '}, frame.pc},  {{'l', 'r', ' ', ' '}, frame.lr},
                          {{'p', 's', 'r', ' '}, frame.psr}, {{'r', '0', ' ', ' '}, frame.r0},
                          {{'r', '1', ' ', ' '}, frame.r1},  {{'r', '2', ' ', ' '}, frame.r2},
                          {{'r', '3', ' ', ' '}, frame.r3},  {{'r', '1', '2', ' '}, frame.r12}};
  print(values, sizeof(values) / sizeof(values[0]));
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
  tinyml::hal::console_write("\r\nFAULT ");
  const Named status[] = {{{'c', 'f', 's', 'r'}, FaultStatus::read()},
                          {{'h', 'f', 's', 'r'}, HardFaultStatus::read()},
                          {{'a', 't', ' ', ' '}, MemManageAddress::read()},
                          {{'s', 'p', ' ', ' '}, reinterpret_cast<std::uintptr_t>(frame)}};
  print(status, sizeof(status) / sizeof(status[0]));
  if (frame_on_stack(frame)) {
    tinyml_retained.fault_pc = frame->pc;
    tinyml_retained.fault_lr = frame->lr;
    print_frame(*frame);
  } else {
    tinyml::hal::console_write(" the stack overflowed");
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
               "1: ldr r1, =tinyml_fault_report\n"
               "bx    r1\n"
               ".ltorg\n");
}
