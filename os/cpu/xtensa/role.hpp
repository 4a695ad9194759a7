// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::xtensa {

/// Which kind of program this is, told by its linker script so that all share the board's objects.
enum class Role : std::uint32_t {
  kImage = 1,      ///< started by the bootloader
  kBare = 2,       ///< alone on the machine: a test or an `exec` program; a fault ends it
  kBootloader = 3, ///< its RAM is the image's afterwards, so nothing of it is guarded
};

} // namespace tinyml::xtensa

extern "C" const char tinyml_role[]; // the address is the value

namespace tinyml::xtensa {

[[nodiscard]] inline Role role() {
  return static_cast<Role>(reinterpret_cast<std::uintptr_t>(tinyml_role));
}

} // namespace tinyml::xtensa
