// SPDX-License-Identifier: Apache-2.0
#include "os/cpu/x86_64/linux_fault.hpp"

#include "os/cpu/x86_64/linux_call.hpp"
#include "os/crash.hpp"

namespace tinyml::linux_x86_64 {

namespace {

constexpr long kAnonymous = -1;
/// The kernel saves all vector registers on it: up to 12 KiB on processors with tiles.
constexpr long kSignalStackBytes = 16384;

/// siginfo_t: its first words.
struct SignalInfo {
  std::int32_t number;
  std::int32_t error;
  std::int32_t code;
  std::int32_t padding;
  std::uint64_t address;
};

/// ucontext_t: the registers as the kernel saved them (struct sigcontext).
struct Context {
  std::uint64_t flags, link, stack[3];
  std::uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
  std::uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
};

/// struct kernel_sigaction
struct Action {
  void (*handler)(int, const SignalInfo *, const Context *);
  std::uint64_t flags;
  void (*restorer)();
  std::uint64_t mask;
};

/// Returning runs the faulting instruction again, this time without a handler.
void on_fault(int number, const SignalInfo *info, const Context *context) {
  crash::Record &record = crash::begin();
  record.raw_cause = static_cast<std::uint32_t>(number);
  record.fault_address = info->address;
  record.pc = context->rip;
  record.sp = context->rsp;
  const std::uint64_t registers[diagnostics::kCrashRegisters] = {
      context->rax, context->rbx, context->rcx, context->rdx, context->rsi, context->rdi,
      context->rbp, context->r8,  context->r9,  context->r10, context->r11, context->rflags};
  std::memcpy(record.registers, registers, sizeof(registers));
  crash::finish<diagnostics::Architecture::kX86_64>(record);
}

__attribute__((naked)) void return_from_signal() {
  asm volatile("mov $15, %eax\n" // rt_sigreturn
               "syscall\n");
}

bool use_signal_stack() {
  constexpr long kReadWrite = 3;
  constexpr long kPrivateAnonymous = 0x22;
  const long at = call(Call::kMap, 0, kSignalStackBytes, kReadWrite, kPrivateAnonymous, kAnonymous);
  const long stack[3] = {at, 0, kSignalStackBytes}; // stack_t
  return at > 0 && call(Call::kSignalStack, address_of(stack)) == 0;
}

} // namespace

void catch_faults() {
  constexpr std::uint64_t kInfo = 4;
  constexpr std::uint64_t kOnStack = 0x08000000;
  constexpr std::uint64_t kRestorer = 0x04000000;
  constexpr std::uint64_t kOnce = 0x80000000;
  constexpr int kSignals[] = {4, 5, 7, 8, 11}; // SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV
  const Action action = {on_fault, kInfo | kOnStack | kRestorer | kOnce, return_from_signal, 0};
  if (use_signal_stack()) {
    for (const int number : kSignals) {
      (void)call(Call::kSignalAction, number, address_of(&action), 0, sizeof(action.mask));
    }
  }
}

} // namespace tinyml::linux_x86_64
