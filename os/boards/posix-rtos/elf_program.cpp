// SPDX-License-Identifier: Apache-2.0
// Host only: reads a program's ELF file to where it was linked for, as an installed image's payload
// would lie there. For the programs of os/conformance.
#include "os/boards/posix-rtos/posix_rtos.hpp"

#include "os/hosted/rtos.hpp"

#include <cstdio>
#include <elf.h>

namespace tinyml {

namespace {

/// False when the segment does not lie in the code memory or the file ends too early.
bool load_segment(std::FILE *file, const Elf64_Phdr &segment) {
  const ByteSpan memory = rtos::code_memory();
  const std::uint64_t offset = segment.p_paddr - reinterpret_cast<std::uintptr_t>(memory.data());
  if (segment.p_filesz == 0) {
    return true;
  }
  return offset <= memory.size() && segment.p_filesz <= memory.size() - offset &&
         std::fseek(file, static_cast<long>(segment.p_offset), SEEK_SET) == 0 &&
         std::fread(memory.data() + offset, segment.p_filesz, 1, file) == 1;
}

bool load_segments(std::FILE *file) {
  Elf64_Ehdr header{};
  if (std::fread(&header, sizeof(header), 1, file) != 1 ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return false;
  }
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    if (std::fseek(file, static_cast<long>(header.e_phoff + i * sizeof(segment)), SEEK_SET) != 0 ||
        std::fread(&segment, sizeof(segment), 1, file) != 1 ||
        (segment.p_type == PT_LOAD && !load_segment(file, segment))) {
      return false;
    }
  }
  return true;
}

} // namespace

const char *posix::load_elf_program(const char *path) {
  std::FILE *const file = std::fopen(path, "rb");
  if (file == nullptr) {
    return "cannot open the program";
  }
  rtos::open_code_memory();
  const bool good = load_segments(file);
  rtos::close_code_memory();
  std::fclose(file);
  return good ? nullptr : "the program is not an ELF file that was linked for this board";
}

} // namespace tinyml
