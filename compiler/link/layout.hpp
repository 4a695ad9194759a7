// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/link/elf.hpp"

#include <string>
#include <vector>

namespace tinyml::link {

/// The order in which a board's linker script places input sections, as kit.json tells it: `rom`
/// lists output sections that are only read, `data` is copied from ROM to RAM at start, `zero` is
/// RAM without content. Each output section is a list of input patterns, a name or a name ending in
/// '*'; within one pattern the order is the file's.
struct LayoutRules {
  struct OutputSection {
    std::vector<std::string> patterns;
    std::uint64_t alignment = 4; ///< of its start and of its end
  };
  std::vector<OutputSection> rom;
  std::vector<OutputSection> data;
  std::vector<OutputSection> zero;
  std::vector<std::string> discarded; ///< patterns of sections that the script drops
};

/// Sizes that follow from the rules before anything is linked.
struct PlannedSizes {
  std::uint64_t rom_bytes = 0;        ///< everything the image holds: code, constants, initial data
  std::uint64_t static_ram_bytes = 0; ///< data and zero sections
};

/// Applies the rules to a relocatable object whose undefined symbols are resolved. Fails
/// (kInternal) when a section fits no rule or may be merged by the linker, since then no exact
/// figure can be given.
[[nodiscard]] Expected<PlannedSizes> plan_layout(const ElfFile &object, const LayoutRules &rules);

/// Where a linked file's bytes in ROM begin: its lowest load address.
[[nodiscard]] std::uint64_t rom_origin(const ElfFile &linked);

/// The same figures, read from a linked file's segments; what is loaded within `rom_bytes` from
/// rom_origin() on counts as ROM.
[[nodiscard]] PlannedSizes linked_sizes(const ElfFile &linked, std::uint64_t rom_bytes);

} // namespace tinyml::link
