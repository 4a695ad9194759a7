// SPDX-License-Identifier: Apache-2.0
#include "os/cpu/x86_64/extensions.hpp"

extern "C" {
/// Its address is the number: the linker's command line or script defines it.
extern const char tinyml_needed_extensions[];
}

std::uint32_t tinyml::x86_64::missing_extensions() {
  const auto needed =
      static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(tinyml_needed_extensions));
  return needed == 0 ? 0 : needed & ~extensions_here();
}
