// SPDX-License-Identifier: Apache-2.0
#include "protocol/diagnostics/cause.hpp"

#include <algorithm>
#include <iterator>

namespace tinyml::diagnostics {

namespace {

using enum CrashCause;

/// CFSR (ARMv7-M Architecture Reference Manual, B3.2.15), most telling bits first. It is zero on
/// ARMv6-M, which has one fault for all.
CrashCause arm_cause(std::uint32_t status) {
  constexpr struct {
    std::uint32_t bits;
    CrashCause cause;
  } kCauses[] = {{0x00000010, kStackOverflow}, // MSTKERR
                 {0x00100000, kStackOverflow}, // STKOF, ARMv8-M
                 {0x000000FF, kMemoryFault},   {0x0000FF00, kBusFault},
                 {0x01000000, kBusFault}, // UNALIGNED
                 {0x02000000, kDivide},        {0x000F0000, kIllegalInstruction}};
  for (const auto &entry : kCauses) {
    if ((status & entry.bits) != 0) {
      return entry.cause;
    }
  }
  return kUnknown;
}

template <std::size_t Count>
CrashCause at(const CrashCause (&causes)[Count], std::uint32_t number) {
  return number < Count ? causes[number] : kUnknown;
}

/// mcause (RISC-V Privileged Architecture, table of machine cause register values).
CrashCause riscv_cause(std::uint32_t number) {
  constexpr CrashCause kCauses[] = {
      kBusFault,    kMemoryFault, kIllegalInstruction, kAssertion,   kBusFault,
      kMemoryFault, kBusFault,    kMemoryFault,        kUnknown,     kUnknown,
      kUnknown,     kUnknown,     kMemoryFault,        kMemoryFault, kUnknown,
      kMemoryFault};
  return at(kCauses, number);
}

/// EXCCAUSE (Xtensa ISA Reference Manual, table 4-64).
CrashCause xtensa_cause(std::uint32_t number) {
  constexpr CrashCause kCauses[] = {
      kIllegalInstruction, kAssertion, kBusFault, kBusFault, kUnknown, kUnknown, kDivide, kUnknown,
      kIllegalInstruction, kBusFault};
  constexpr std::uint32_t kFirstTranslation = 12;
  constexpr std::uint32_t kLastTranslation = 31;
  if (number >= kFirstTranslation && number <= kLastTranslation) {
    return kMemoryFault;
  }
  return at(kCauses, number);
}

/// Linux's signal numbers, and from 256 on exception vectors (AMD64 Manual, volume 2, 8.1).
CrashCause x86_cause(std::uint32_t number) {
  constexpr std::uint32_t kVectors = 256;
  switch (number) {
  case 4: // SIGILL
  case kVectors + 6:
    return kIllegalInstruction;
  case 5: // SIGTRAP
  case 6: // SIGABRT
  case kVectors + 3:
    return kAssertion;
  case 7: // SIGBUS
  case kVectors + 17:
    return kBusFault;
  case 8: // SIGFPE
  case kVectors:
    return kDivide;
  case 11: // SIGSEGV
  case kVectors + 13:
  case kVectors + 14:
    return kMemoryFault;
  case kVectors + 12:
    return kStackOverflow;
  default:
    return kUnknown;
  }
}

} // namespace

CrashCause cause_of(Architecture architecture, std::uint32_t raw_cause) {
  switch (architecture) {
  case Architecture::kArm:
    return arm_cause(raw_cause);
  case Architecture::kRiscv:
    return riscv_cause(raw_cause);
  case Architecture::kX86_64:
    return x86_cause(raw_cause);
  case Architecture::kXtensa:
    return xtensa_cause(raw_cause);
  case Architecture::kUnknown:
    break;
  }
  return kUnknown;
}

std::string_view describe(CrashCause cause) {
  constexpr std::string_view kTexts[] = {"unknown",        "illegal instruction", "memory fault",
                                         "stack overflow", "bus fault",           "assertion",
                                         "watchdog",       "division by zero"};
  return kTexts[static_cast<std::size_t>(cause) < std::size(kTexts)
                    ? static_cast<std::size_t>(cause)
                    : 0];
}

std::string_view name_of(Architecture architecture) {
  constexpr std::string_view kNames[] = {"unknown", "arm", "riscv", "x86_64", "xtensa"};
  const auto at = static_cast<std::size_t>(architecture);
  return kNames[at < std::size(kNames) ? at : 0];
}

} // namespace tinyml::diagnostics
