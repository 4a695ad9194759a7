// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tinyml::link {

/// One section of an ELF file; section_content() has its bytes.
struct ElfSection {
  std::string name;
  std::uint64_t address = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t alignment = 1;
  bool allocated = false; ///< SHF_ALLOC: part of the program's memory
  bool writable = false;
  bool has_content = false; ///< not SHT_NOBITS
  bool mergeable = false;   ///< SHF_MERGE: the linker may shrink it
  bool executable = false;
  bool holds_symbols = false; ///< SHT_SYMTAB
  std::uint32_t linked = 0;   ///< a symbol table's section of names
  std::uint64_t file_offset = 0;
};

/// One loadable segment: where its bytes lie in ROM and where they are at run time.
struct ElfSegment {
  std::uint64_t file_offset = 0;
  std::uint64_t load_address = 0;
  std::uint64_t run_address = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t memory_bytes = 0;
  bool writable = false;
};

struct ElfFile {
  bool is_64_bit = false;
  bool is_arm = false; ///< bit 0 of a function's address tells Thumb
  std::vector<ElfSection> sections;
  std::vector<ElfSegment> segments; ///< PT_LOAD only
};

/// Reads the headers of a little-endian ELF32 or ELF64 file (System V ABI, chapters 4 and 5).
/// Everything is checked against the file's length.
[[nodiscard]] Expected<ElfFile> parse_elf(ByteView file);

/// A section's bytes; empty when it has none or the file does not hold all of them.
[[nodiscard]] ByteView section_content(ByteView file, const ElfSection &section);

/// The name at an offset of a section of names; empty when it is outside.
[[nodiscard]] std::string elf_name(ByteView names, std::uint64_t offset);

} // namespace tinyml::link
