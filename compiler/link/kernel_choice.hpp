// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/link/kit.hpp"

namespace tinyml::link {

/// Kernels that only some processors of a board can execute: an element of kit.json's
/// `kernel_choices`.
struct KernelChoice {
  std::string isa;                        ///< as Kit::isa
  std::vector<std::string> extensions;    ///< all of them needed, words of the device profile
  std::vector<std::string> compile_flags; ///< of the module, besides the kit's
};

/// The kit with the fastest of these kernels, slowest first, for a processor that has these
/// extensions; as it is where there is none.
[[nodiscard]] Kit with_kernels_for(Kit kit, const std::vector<KernelChoice> &choices,
                                   const std::vector<std::string> &extensions);

/// The same with what the kit's own kit.json offers.
[[nodiscard]] Expected<Kit> for_processor(Kit kit, const std::vector<std::string> &extensions);

/// Whether training kernels of a set compute several samples side by side.
[[nodiscard]] bool computes_in_lanes(const std::string &isa);

/// What kernels of a set may lose of the stack when they align their locals.
[[nodiscard]] std::uint32_t realignment_bytes(const std::string &isa);

} // namespace tinyml::link
