// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Special registers and protection of an Xtensa core with interrupts, one timer, data breakpoints
/// and region protection (Xtensa ISA Reference Manual, chapter 5 and sections 4.4 to 4.7).
namespace tinyml::xtensa {

enum class Special : int {
  kBreakAddress = 144, ///< DBREAKA0
  kBreakControl = 160, ///< DBREAKC0
  kPc = 177,           ///< EPC1: where an exception or a low interrupt came from
  kDebugPc = 178,      ///< EPC2
  kDoublePc = 192,     ///< DEPC: where a fault inside of a handler came from
  kSave = 209,         ///< EXCSAVE1: scratch of the vectors
  kInterruptEnable = 228,
  kStatus = 230, ///< PS
  kVectors = 231,
  kCause = 232,
  kDebugCause = 233,
  kCount = 234,   ///< CCOUNT, one for each clock
  kAddress = 238, ///< EXCVADDR: what the faulting access wanted
  kAlarm = 240,   ///< CCOMPARE0: interrupt kTimerInterrupt when CCOUNT is this; writing lowers it
};

template <Special R> [[nodiscard]] inline std::uint32_t read() {
  std::uint32_t value = 0;
  asm volatile("rsr %0, %1" : "=r"(value) : "i"(static_cast<int>(R)));
  return value;
}
template <Special R> inline void write(std::uint32_t value) {
  asm volatile("wsr %0, %1\n rsync" ::"r"(value), "i"(static_cast<int>(R)) : "memory");
}

/// Exceptions' causes that a program may want to tell apart.
inline constexpr std::uint32_t kCauseLowInterrupt = 4;
/// Ours, beyond the processor's 64: a breakpoint instruction or the watched address.
inline constexpr std::uint32_t kCauseDebug = 0x110;

/// Nobody is interrupted until the next sleep().
inline void hold_interrupts() { asm volatile("rsil a2, 1" ::: "a2", "memory"); }

/// Sleeps until one of these interrupts, also one that is already waiting. It is taken and turns
/// all of them off again, see the vectors in start.cpp. With interrupts held before the last look
/// at what could raise one, none is missed.
inline void sleep(std::uint32_t interrupts) {
  write<Special::kInterruptEnable>(interrupts);
  asm volatile("waiti 0" ::: "memory");
}

/// Sleeps for good.
[[noreturn]] inline void halt() {
  for (;;) {
    asm volatile("waiti 15" ::: "memory");
  }
}

/// What may be done with one of the eight regions of 512 MB.
enum class Access : std::uint32_t { kData = 0, kCodeAndData = 1, kNone = 15 };

/// `region`: 0 is the first 512 MB of the address space.
inline void protect_region(unsigned region, Access access) {
  const std::uint32_t base = region << 29;
  const std::uint32_t entry = base | static_cast<std::uint32_t>(access);
  asm volatile("wdtlb %0, %1\n dsync\n witlb %0, %1\n isync" ::"r"(entry), "r"(base) : "memory");
}

inline constexpr std::uint32_t kWatchedBytes = 64;

/// Any access to the 64 aligned bytes at `address` is a fault.
inline void watch(std::uintptr_t address) {
  constexpr std::uint32_t kLoadsAndStores = 3U << 30;
  write<Special::kBreakAddress>(address);
  write<Special::kBreakControl>(kLoadsAndStores); // no bit below the 64 bytes is compared
}
inline void stop_watching() { write<Special::kBreakControl>(0); }

} // namespace tinyml::xtensa
