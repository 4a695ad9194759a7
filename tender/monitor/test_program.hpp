// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/boards/kvm-x86_64/hypercall.hpp"

#include <algorithm>
#include <elf.h>
#include <vector>

namespace tinyml::tender {

/// An executable for board kvm-x86_64 of nothing but this machine code.
inline std::vector<std::uint8_t> test_program(const std::vector<std::uint8_t> &code) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_EXEC;
  header.e_machine = EM_X86_64;
  header.e_entry = kvm::kRomBase;
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  Elf64_Phdr segment{};
  segment.p_type = PT_LOAD;
  segment.p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
  segment.p_vaddr = segment.p_paddr = kvm::kRomBase;
  segment.p_filesz = segment.p_memsz = code.size();
  std::vector<std::uint8_t> file(segment.p_offset + code.size());
  std::memcpy(file.data(), &header, sizeof(header));
  std::memcpy(file.data() + sizeof(header), &segment, sizeof(segment));
  std::copy(code.begin(), code.end(), file.begin() + static_cast<std::ptrdiff_t>(segment.p_offset));
  return file;
}

} // namespace tinyml::tender
