// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tinyml::link {

/// One section of an ELF file, without its content.
struct ElfSection {
  std::string name;
  std::uint64_t address = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t alignment = 1;
  bool allocated = false; ///< SHF_ALLOC: part of the program's memory
  bool writable = false;
  bool has_content = false; ///< not SHT_NOBITS
  bool mergeable = false;   ///< SHF_MERGE: the linker may shrink it
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
  std::vector<ElfSection> sections;
  std::vector<ElfSegment> segments; ///< PT_LOAD only
};

/// Reads the headers of a little-endian ELF32 or ELF64 file (System V ABI, chapters 4 and 5).
/// Everything is checked against the file's length.
[[nodiscard]] Expected<ElfFile> parse_elf(ByteView file);

} // namespace tinyml::link
