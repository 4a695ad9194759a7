// SPDX-License-Identifier: Apache-2.0
// A fault is our own mistake. It is kept for the next start and told on the console (os/crash.hpp),
// and left to the board to end.
#include "os/cpu/armv7m/fault_record.hpp"
#include "os/cpu/armv7m/registers.hpp"

namespace {

/// The address that was accessed, if the status says that the register holds it (ARMv7-M
/// Architecture Reference Manual, B3.2.15). All of them are zero on ARMv6-M.
std::uint32_t accessed(std::uint32_t status) {
  using namespace tinyml::armv7m;
  constexpr std::uint32_t kBusAddressValid = 1U << 15;
  return (status & kBusAddressValid) != 0 ? BusFaultAddress::read() : MemManageAddress::read();
}

} // namespace

extern "C" [[noreturn]] void tinyml_fault_report(const tinyml::armv7m::FaultFrame *frame,
                                                 const std::uint32_t *high) {
  using namespace tinyml;
  crash::Record &record = armv7m::begin_record(frame, high);
  record.raw_cause = armv7m::FaultStatus::read();
  record.fault_address = accessed(record.raw_cause);
  record.registers[10] = armv7m::HardFaultStatus::read();
  crash::finish<diagnostics::Architecture::kArm>(record);
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
               "1: push {r4-r7}\n"
               "mov   r1, sp\n"
               "ldr   r2, =tinyml_fault_report\n"
               "bx    r2\n"
               ".ltorg\n");
}
