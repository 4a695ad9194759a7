// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Control and status registers of machine mode (RISC-V Privileged Architecture, chapters 2, 3).
namespace tinyml::riscv32 {

enum class Csr : unsigned {
  kInterruptEnable = 0x304, // mie
  kTrapVector = 0x305,      // mtvec
  kTrapPc = 0x341,          // mepc
  kTrapCause = 0x342,       // mcause
  kTrapValue = 0x343,       // mtval
  kProtection0 = 0x3A0,     // pmpcfg0: entries 0 to 3, a byte each
  kProtected0 = 0x3B0,      // pmpaddr0
  kProtected1 = 0x3B1,
  kInstructions = 0xB02, // minstret
  kInstructionsHigh = 0xB82,
};

template <Csr Register> std::uint32_t read_csr() {
  std::uint32_t value;
  asm volatile("csrr %0, %1" : "=r"(value) : "i"(Register));
  return value;
}

template <Csr Register> void write_csr(std::uint32_t value) {
  asm volatile("csrw %0, %1" ::"i"(Register), "r"(value) : "memory");
}

/// Instructions retired since the start.
inline std::uint64_t instructions() {
  std::uint32_t high = read_csr<Csr::kInstructionsHigh>();
  for (;;) {
    const std::uint32_t low = read_csr<Csr::kInstructions>();
    const std::uint32_t again = read_csr<Csr::kInstructionsHigh>();
    if (high == again) {
      return (static_cast<std::uint64_t>(high) << 32) | low;
    }
    high = again;
  }
}

/// A naturally aligned power-of-two range as pmpaddr wants it.
constexpr std::uint32_t protected_range(std::uint32_t base, std::uint32_t size_log2) {
  return (base >> 2) | ((1U << (size_log2 - 3)) - 1);
}

} // namespace tinyml::riscv32
