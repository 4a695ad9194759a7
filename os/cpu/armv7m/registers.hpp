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

using FaultStatus = Register<0xE000ED28>;      ///< CFSR
using HardFaultStatus = Register<0xE000ED2C>;  ///< HFSR
using MemManageAddress = Register<0xE000ED34>; ///< MMFAR
using BusFaultAddress = Register<0xE000ED38>;  ///< BFAR

using InterruptEnable = Register<0xE000E100>;       ///< NVIC_ISER0, interrupts 0 to 31
using InterruptDisable = Register<0xE000E180>;      ///< NVIC_ICER0
using InterruptClearPending = Register<0xE000E280>; ///< NVIC_ICPR0

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
