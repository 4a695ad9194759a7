// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::armv7m {

/// Which kind of program this is, told by its linker script so that all share the board's objects.
enum class Role : std::uint32_t {
  kImage = 1,      ///< started by the bootloader
  kBare = 2,       ///< alone on the machine: a test or an `exec` program; a fault ends it
  kBootloader = 3, ///< writes the execution area, so it runs without memory protection
};

} // namespace tinyml::armv7m

extern "C" const char tinyml_role[]; // the address is the value

namespace tinyml::armv7m {

[[nodiscard]] inline Role role() {
  return static_cast<Role>(reinterpret_cast<std::uintptr_t>(tinyml_role));
}

} // namespace tinyml::armv7m
