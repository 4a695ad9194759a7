// SPDX-License-Identifier: Apache-2.0
// The monitor enters a guest that has done what it may not here, once, on the fault stack.
#include "os/boards/kvm-x86_64/fault.hpp"

#include "os/boards/kvm-x86_64/machine.hpp"
#include "os/crash.hpp"

namespace tinyml::kvm {

static_assert(sizeof(Retained) + 2048 <= kPageBytes, "the fault stack lies behind it");

namespace {

constexpr std::uint64_t kReasonFault = 3;
/// Below are signal numbers, on board linux (docs/debugging.md).
constexpr std::uint32_t kFirstVector = 256;

void fill(crash::Record &record, const FaultRegisters &fault) {
  record.raw_cause = kFirstVector + fault.vector;
  record.fault_address = fault.address;
  record.pc = fault.rip;
  record.sp = fault.rsp;
  constexpr std::size_t kGeneral = diagnostics::kCrashRegisters - 1;
  std::memcpy(record.registers, fault.general, kGeneral * sizeof(fault.general[0]));
  record.registers[kGeneral] = fault.rflags;
}

} // namespace

extern "C" [[noreturn]] void tinyml_on_fault() {
  crash::Record &record = crash::begin();
  fill(record, machine().fault);
  crash::finish<diagnostics::Architecture::kX86_64>(record);
  for (;;) {
    (void)ask(Call::kReset, kReasonFault);
  }
}

extern "C" __attribute__((naked)) void tinyml_fault() { asm volatile("call tinyml_on_fault\n"); }

void catch_faults() {
  machine().fault_entry =
      static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(&tinyml_fault));
}

} // namespace tinyml::kvm

tinyml::Retained &tinyml::hal::retained() {
  return *reinterpret_cast<Retained *>(kvm::kRetainedBase);
}
