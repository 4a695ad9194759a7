// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Requests to a debugger or emulator (Arm Semihosting Specification 3). Without one listening, the
/// breakpoint is a fault: use them only to end a virtual machine.
namespace tinyml::armv7m {

/// SYS_EXIT_EXTENDED (0x20): ends the emulator with this process exit code.
[[noreturn]] inline void semihosting_exit(int code) {
  constexpr std::uint32_t kExitExtended = 0x20;
  constexpr std::uint32_t kApplicationExit = 0x20026;
  const std::uint32_t block[2] = {kApplicationExit, static_cast<std::uint32_t>(code)};
  register std::uint32_t operation asm("r0") = kExitExtended;
  register const std::uint32_t *argument asm("r1") = block;
  asm volatile("bkpt 0xAB" : "+r"(operation) : "r"(argument) : "memory");
  for (;;) {
    asm volatile("wfi");
  }
}

} // namespace tinyml::armv7m
