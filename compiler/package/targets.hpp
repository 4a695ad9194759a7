// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/link/kit.hpp"

#include <string>
#include <vector>

namespace tinyml::package {

/// For which processor a package is made: the kernels that its weights are packed for, and how to
/// compile them.
struct Target {
  std::string name;                  ///< as given: "armv7e-m", "dsp", a board's name
  std::string title;                 ///< for people
  std::string kernel_set = "scalar"; ///< a folder of kernels/isa
  std::string compiler;              ///< that measures the sizes
  std::vector<std::string> flags;    ///< of the processor: -mcpu=...
  /// Without these the kernels do not compile; a build system sets them for the package's sources.
  std::vector<std::string> required_flags;
  std::vector<std::string> header_flags; ///< where `compiler` finds the C++ library, for measuring
};

/// The names that `target_named` knows, one a line with what it is, for help texts.
[[nodiscard]] std::string known_targets();

/// A processor family ("armv7e-m", "rv32imc", "wasm32"; dots and dashes may be left out) or a
/// kernel set of kernels/isa ("scalar", "dsp"). A family takes the best kernel set that there is.
[[nodiscard]] Expected<Target> target_named(const std::string &name);

/// What a board's kit compiles for, with the kernel set that its flags name.
[[nodiscard]] Target target_of(const link::Kit &kit);

} // namespace tinyml::package
