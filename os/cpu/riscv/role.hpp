// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

extern "C" {
extern const char tinyml_role[]; ///< its distance from tinyml_start is the role
[[noreturn]] void tinyml_start();
}

namespace tinyml::riscv {

/// Which kind of program this is, told by its linker script so that all share the board's objects.
enum class Role : std::uint8_t {
  kImage = 1,      ///< started by the bootloader
  kBare = 2,       ///< alone on the machine: a test or an `exec` program; a fault ends it
  kBootloader = 3, ///< writes the execution area, so it runs without memory protection
};

[[nodiscard]] inline Role role() {
  return static_cast<Role>(reinterpret_cast<std::uintptr_t>(tinyml_role) -
                           reinterpret_cast<std::uintptr_t>(&tinyml_start));
}

} // namespace tinyml::riscv
