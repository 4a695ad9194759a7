// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// What a crash leaves behind: the machine's state in a fixed form that every architecture fills
/// the same way. Written into memory that survives the reset, told to the service after it
/// (docs/debugging.md).
namespace tinyml::diagnostics {

enum class Architecture : std::uint8_t {
  kUnknown = 0,
  kArm = 1, ///< Thumb code of ARMv6-M, ARMv7-M, ARMv8-M
  kRiscv = 2,
  kX86_64 = 3,
  kXtensa = 4,
};

/// Why, in words that hold for every processor. A device may leave it at kUnknown when raw_cause
/// tells: the reader then takes cause_of() (cause.hpp).
enum class CrashCause : std::uint8_t {
  kUnknown = 0,
  kIllegalInstruction = 1,
  kMemoryFault = 2,   ///< an access that protection or mapping forbids
  kStackOverflow = 3, ///< the stack pointer or the accessed address is at the stack's guard
  kBusFault = 4,      ///< nothing answers at the address, or it is misaligned
  kAssertion = 5,     ///< the program ended itself: trap, breakpoint, abort
  kWatchdog = 6,
  kDivide = 7,
};

inline constexpr std::uint32_t kCrashMagic = 0x52434D54; ///< "TMCR"
inline constexpr std::uint8_t kCrashVersion = 1;
inline constexpr std::size_t kImageIdBytes = 8;
inline constexpr std::size_t kCrashRegisters = 12;
inline constexpr std::size_t kCrashCalls = 16;

/// `Word` is the machine's address. All numbers little-endian, as on every machine we run on.
///
/// `registers`, by architecture: Arm r0-r7, r12, psr, HFSR, 0; RISC-V a0-a7, t0, t1, s0, s1; x86-64
/// rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, rflags; Xtensa a2-a13.
///
/// `calls` are the words found on the stack, from the stack pointer upwards, that point behind a
/// call instruction of the image: candidates for return addresses, of which some may be left over
/// from calls that have ended. 0 ends the list.
template <typename Word> struct CrashRecordOf {
  std::uint32_t magic = kCrashMagic;
  std::uint8_t version = kCrashVersion;
  Architecture architecture = Architecture::kUnknown;
  CrashCause cause = CrashCause::kUnknown;
  std::uint8_t word_bytes = sizeof(Word);
  std::uint8_t image[kImageIdBytes] = {}; ///< start of the image's SHA-256; zero: unknown
  std::uint32_t ticks = 0;                ///< since the start, units of 2^20 ns
  /// CFSR, mcause, signal number, EXCCAUSE or exception vector.
  std::uint32_t raw_cause = 0;
  Word fault_address = 0; ///< 0 when there is none
  Word pc = 0;
  Word sp = 0;
  Word return_address = 0; ///< link register; 0 where there is none
  Word registers[kCrashRegisters] = {};
  Word calls[kCrashCalls] = {};
  std::uint32_t reserved = 0;
  std::uint32_t check = 0; ///< complement of the sum of the words before
};
static_assert(sizeof(CrashRecordOf<std::uint32_t>) == 160);
static_assert(sizeof(CrashRecordOf<std::uint64_t>) == 288);

/// What `check` has to be: tells a record from what RAM holds after power-on.
template <typename Word>
[[nodiscard]] inline std::uint32_t crash_check(const CrashRecordOf<Word> &record) {
  const auto *word = reinterpret_cast<const std::uint32_t *>(&record);
  std::uint32_t sum = 0;
  for (std::size_t left = sizeof(record) / 4 - 1; left > 0; --left) {
    sum += *word++;
  }
  return ~sum;
}

template <typename Word> [[nodiscard]] inline bool is_whole(const CrashRecordOf<Word> &record) {
  return record.magic == kCrashMagic && record.check == crash_check(record);
}

} // namespace tinyml::diagnostics
