// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/diagnostics/crash_record.hpp"

/// Whether an address can be a return address: the instruction before it is a call. Looks at the
/// code's bytes alone, so that a fault handler and the service judge by the same rule.
namespace tinyml::diagnostics {

/// Bytes before the address that are looked at.
inline constexpr std::size_t kCallBytes = 8;

namespace call_site {

[[nodiscard]] constexpr std::uint32_t half(const std::uint8_t *at) {
  return static_cast<std::uint32_t>(at[0] | (at[1] << 8));
}

/// BL (encoding T1) or BLX of a register (ARMv7-M Architecture Reference Manual, A7.7.18, A7.7.19).
[[nodiscard]] constexpr bool thumb(const std::uint8_t *end) {
  return (half(end - 2) & 0xFF87) == 0x4780 ||
         ((half(end - 4) & 0xF800) == 0xF000 && (half(end - 2) & 0xD000) == 0xD000);
}

/// JAL or JALR with rd = ra, C.JAL (RV32), C.JALR (RISC-V Unprivileged ISA, 2.5 and 16.4).
[[nodiscard]] constexpr bool riscv(const std::uint8_t *end) {
  const std::uint32_t last = half(end - 2);
  const std::uint32_t first = half(end - 4);
  const bool compressed =
      (last & 0xE003) == 0x2001 || ((last & 0xF07F) == 0x9002 && last != 0x9002);
  return compressed || (first & 0xFFF) == 0x0EF || (first & 0xFFF) == 0x0E7;
}

/// CALL rel32 (E8), or FF /2 with any of its addressing forms (AMD64 Manual, volume 3).
[[nodiscard]] constexpr bool x86_64(const std::uint8_t *end) {
  if (end[-5] == 0xE8) {
    return true;
  }
  for (int length = 2; length <= 7; ++length) {
    if (end[-length] == 0xFF && (end[1 - length] & 0x38) == 0x10) {
      return true;
    }
  }
  return false;
}

/// CALL0 or CALLX0 (Xtensa ISA Reference Manual, 6).
[[nodiscard]] constexpr bool xtensa(const std::uint8_t *end) {
  return (end[-3] & 0x3F) == 0x05 || (end[-3] == 0xC0 && end[-2] < 16 && end[-1] == 0);
}

} // namespace call_site

/// `end` points to the instruction at the return address; kCallBytes before it are readable. On Arm
/// the address's lowest bit is already cleared.
template <Architecture kArchitecture>
[[nodiscard]] constexpr bool follows_call(const std::uint8_t *end) {
  switch (kArchitecture) {
  case Architecture::kArm:
    return call_site::thumb(end);
  case Architecture::kRiscv:
    return call_site::riscv(end);
  case Architecture::kX86_64:
    return call_site::x86_64(end);
  case Architecture::kXtensa:
    return call_site::xtensa(end);
  case Architecture::kUnknown:
    break;
  }
  return false;
}

/// Address ranges of a program: where its code is, and its stack from the stack pointer to the top.
template <typename Word> struct CrashRanges {
  Word code_start;
  Word code_end;
  const std::uint8_t *code; ///< the bytes from code_start on
  const Word *stack;        ///< the word at the stack pointer
  std::size_t stack_words;
};

/// Fills `record.calls` from the stack.
template <Architecture kArchitecture, typename Word>
constexpr void find_calls(CrashRecordOf<Word> &record, const CrashRanges<Word> &ranges) {
  constexpr Word kThumbBit = kArchitecture == Architecture::kArm ? 1 : 0;
  std::size_t found = 0;
  for (std::size_t at = 0; at < ranges.stack_words && found < kCrashCalls; ++at) {
    const Word target = ranges.stack[at] - kThumbBit;
    const Word offset = target - ranges.code_start;
    if (offset >= kCallBytes && offset < ranges.code_end - ranges.code_start &&
        target % (kThumbBit + 1) == 0 && follows_call<kArchitecture>(ranges.code + offset)) {
      record.calls[found++] = target;
    }
  }
}

} // namespace tinyml::diagnostics
