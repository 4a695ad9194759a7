// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <vector>

namespace tinyml::tender {

/// The content of a guest's ROM.
struct ProgramFile {
  std::vector<std::uint8_t> rom; ///< from kvm::kRomBase on
  std::uint32_t entry = 0;       ///< address of the first instruction
};

/// Takes the loadable segments of an executable that was linked for board kvm-x86_64.
[[nodiscard]] Expected<ProgramFile> parse_program(ByteView elf);
[[nodiscard]] Expected<ProgramFile> load_program(const char *path);

} // namespace tinyml::tender
