// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Control and status registers (RISC-V Privileged Architecture, chapters 2, 3),
/// for processors of 32 and of 64 bits.
namespace tinyml::riscv {

/// What a register holds.
using Word = std::uintptr_t;

enum class Csr : unsigned {
  kStatus = 0x300,        // mstatus
  kTrapVector = 0x305,    // mtvec
  kUserCounters = 0x306,  // mcounteren: what supervisor mode may read
  kUserCounters2 = 0x106, // scounteren: what of that user mode may, where there are both
  kTrapPc = 0x341,        // mepc
  kTrapCause = 0x342,     // mcause
  kTrapValue = 0x343,     // mtval
  kProtection0 = 0x3A0,   // pmpcfg0: the first entries, a byte each
  kProtection1 = 0x3A1,   // pmpcfg1: entries 4 to 7, on 32 bits only
  kProtected0 = 0x3B0,    // pmpaddr0
  kProtected1 = 0x3B1,
  kProtected2 = 0x3B2,
  kProtected3 = 0x3B3,
  kProtected4 = 0x3B4,
  kProtected5 = 0x3B5,
  kInstructions = 0xC02, // instret, as also user mode may read it
  kInstructionsHigh = 0xC82,
};

inline constexpr Word kAllCounters = 7;

template <Csr Register> Word read_csr() {
  Word value;
  asm volatile("csrr %0, %1" : "=r"(value) : "i"(Register));
  return value;
}

template <Csr Register> void write_csr(Word value) {
  asm volatile("csrw %0, %1" ::"i"(Register), "r"(value) : "memory");
}

template <Csr Register> void set_csr(Word bits) {
  asm volatile("csrs %0, %1" ::"i"(Register), "r"(bits) : "memory");
}

/// Instructions retired since the start.
inline std::uint64_t instructions() {
  if constexpr (sizeof(Word) == sizeof(std::uint64_t)) {
    return read_csr<Csr::kInstructions>();
  } else {
    Word high = read_csr<Csr::kInstructionsHigh>();
    for (;;) {
      const Word low = read_csr<Csr::kInstructions>();
      const Word again = read_csr<Csr::kInstructionsHigh>();
      if (high == again) {
        return (static_cast<std::uint64_t>(high) << 32) | low;
      }
      high = again;
    }
  }
}

/// What a range of physical memory may be used for (pmpcfg): a byte of an entry.
enum class Access : std::uint8_t {
  kNone = 0x18, ///< naturally aligned power of two; the rest is one bit a right
  kReadWrite = kNone | 3,
  kReadExecute = kNone | 5,
};

/// A naturally aligned power-of-two range as pmpaddr wants it.
constexpr Word protected_range(Word base, unsigned size_log2) {
  return (base >> 2) | ((Word{1} << (size_log2 - 3)) - 1);
}

} // namespace tinyml::riscv
