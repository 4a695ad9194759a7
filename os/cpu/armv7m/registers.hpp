// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/mmio.hpp"

/// System control space of ARMv7-M (Architecture Reference Manual, B3.2, B3.3, B3.5).
namespace tinyml::armv7m {

using drivers::Register;

using SysTickControl = Register<0xE000E010>;
using SysTickReload = Register<0xE000E014>;
using SysTickValue = Register<0xE000E018>;
inline constexpr std::uint32_t kSysTickEnable = 1U << 0;
inline constexpr std::uint32_t kSysTickInterrupt = 1U << 1;
inline constexpr std::uint32_t kSysTickProcessorClock = 1U << 2;

using InterruptControl = Register<0xE000ED04>; ///< ICSR
inline constexpr std::uint32_t kSysTickPending = 1U << 26;

using VectorTable = Register<0xE000ED08>;      ///< VTOR
using ApplicationReset = Register<0xE000ED0C>; ///< AIRCR
inline constexpr std::uint32_t kSystemResetRequest = 0x05FA0004;

using ConfigurationControl = Register<0xE000ED14>; ///< CCR
inline constexpr std::uint32_t kUnalignedAccessTrap = 1U << 3;

using FaultStatus = Register<0xE000ED28>;      ///< CFSR
using HardFaultStatus = Register<0xE000ED2C>;  ///< HFSR
using MemManageAddress = Register<0xE000ED34>; ///< MMFAR
using BusFaultAddress = Register<0xE000ED38>;  ///< BFAR

/// One external interrupt line in the NVIC.
template <unsigned Number> struct Interrupt {
  static void enable() { Enable::write(kBit); }
  static void disable() { Disable::write(kBit); }
  static void clear_pending() { ClearPending::write(kBit); }

private:
  static constexpr std::uint32_t kBit = 1U << (Number % 32);
  static constexpr std::uintptr_t kWord = Number / 32 * 4;
  using Enable = Register<0xE000E100 + kWord>;       ///< NVIC_ISER
  using Disable = Register<0xE000E180 + kWord>;      ///< NVIC_ICER
  using ClearPending = Register<0xE000E280 + kWord>; ///< NVIC_ICPR
};

using CoprocessorAccess = Register<0xE000ED88>; ///< CPACR
inline constexpr std::uint32_t kFloatingPointAccess = 0xFU << 20;
using FloatingPointContext = Register<0xE000EF34>; ///< FPCCR

using MpuControl = Register<0xE000ED94>;
using MpuRegionNumber = Register<0xE000ED98>;
using MpuRegionBase = Register<0xE000ED9C>;
using MpuRegionSize = Register<0xE000EDA0>; ///< RASR: attributes and size

inline void barrier() { asm volatile("dsb\n isb" ::: "memory"); }

/// Holds interrupts back while it lives; they still end a wfi.
class InterruptsHeld {
public:
  InterruptsHeld() { asm volatile("mrs %0, primask\n cpsid i" : "=r"(before_)::"memory"); }
  ~InterruptsHeld() { asm volatile("msr primask, %0" ::"r"(before_) : "memory"); }
  InterruptsHeld(const InterruptsHeld &) = delete;
  InterruptsHeld &operator=(const InterruptsHeld &) = delete;

private:
  std::uint32_t before_;
};

} // namespace tinyml::armv7m
