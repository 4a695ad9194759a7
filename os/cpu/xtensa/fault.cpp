// SPDX-License-Identifier: Apache-2.0
// A fault is our own mistake. It is told in full on the console, so that a linker map turns the
// registers into names, and left to the board to end.
#include "os/cpu/xtensa/fault.hpp"

#include "os/cpu/xtensa/registers.hpp"
#include "os/cpu/xtensa/start.hpp"
#include "os/hal.hpp"

tinyml::xtensa::FaultFrame tinyml_fault_frame;

namespace {

using namespace tinyml::xtensa;

constexpr std::uint32_t kDebugVector = 0x10;
constexpr std::uint32_t kDoubleVector = 0x70;

void print(std::string_view name, std::uint32_t value) {
  char digits[8];
  for (unsigned at = sizeof(digits); at-- > 0; value >>= 4) {
    digits[at] = "0123456789abcdef"[value & 15];
  }
  tinyml::hal::console_write(name);
  tinyml::hal::console_write({digits, sizeof(digits)});
}

std::uint32_t faulting_pc() {
  switch (tinyml_fault_frame.vector) {
  case kDebugVector:
    return read<Special::kDebugPc>();
  case kDoubleVector:
    return read<Special::kDoublePc>();
  default:
    return read<Special::kPc>();
  }
}

void print_registers() {
  for (unsigned i = 0; i < 16; ++i) {
    const char name[] = {' ', 'a', static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10),
                         ' '};
    print({name, sizeof(name)}, tinyml_fault_frame.a[i]);
  }
}

} // namespace

/// The one data breakpoint is the stack's guard.
extern "C" [[noreturn]] void tinyml_fault_report() {
  constexpr std::uint32_t kDataBreak = 1U << 2;
  tinyml_board_fault_begins();
  const bool debug = tinyml_fault_frame.vector == kDebugVector;
  const bool overflow = debug && (read<Special::kDebugCause>() & kDataBreak) != 0;
  print("\r\nFAULT cause ", debug ? read<Special::kDebugCause>() : read<Special::kCause>());
  print(" vector ", tinyml_fault_frame.vector);
  print(" pc ", faulting_pc());
  print(" at ", read<Special::kAddress>());
  tinyml::hal::console_write(overflow ? " the stack overflowed\r\n" : "\r\n");
  print_registers();
  tinyml::hal::console_write("\r\n");
  tinyml_board_fault();
}
