// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/elf.hpp"

#include <bit>
#include <cstring>
#include <elf.h>

namespace tinyml::link {
namespace {

static_assert(std::endian::native == std::endian::little, "ELF structures are read as they lie");

struct Class32 {
  using Header = Elf32_Ehdr;
  using Section = Elf32_Shdr;
  using Segment = Elf32_Phdr;
};
struct Class64 {
  using Header = Elf64_Ehdr;
  using Section = Elf64_Shdr;
  using Segment = Elf64_Phdr;
};

Failure<HostError> broken(const char *what) {
  return fail(ErrorCode::kInvalidInput, std::string("not a usable ELF file: ") + what);
}

template <typename T> bool read_at(ByteView file, std::uint64_t offset, T &to) {
  if (offset > file.size() || sizeof(T) > file.size() - offset) {
    return false;
  }
  std::memcpy(&to, file.data() + offset, sizeof(T));
  return true;
}

ByteView bytes_at(ByteView file, std::uint64_t offset, std::uint64_t size_bytes) {
  return offset > file.size() || size_bytes > file.size() - offset
             ? ByteView{}
             : file.subspan(offset, size_bytes);
}

template <typename Section> ElfSection describe(const Section &section, ByteView names) {
  return {.name = elf_name(names, section.sh_name),
          .address = section.sh_addr,
          .size_bytes = section.sh_size,
          .alignment = section.sh_addralign == 0 ? 1 : section.sh_addralign,
          .allocated = (section.sh_flags & SHF_ALLOC) != 0,
          .writable = (section.sh_flags & SHF_WRITE) != 0,
          .has_content = section.sh_type != SHT_NOBITS,
          .mergeable = (section.sh_flags & SHF_MERGE) != 0,
          .executable = (section.sh_flags & SHF_EXECINSTR) != 0,
          .holds_symbols = section.sh_type == SHT_SYMTAB,
          .linked = section.sh_link,
          .file_offset = section.sh_offset};
}

template <typename Class> Expected<ElfFile> parse(ByteView file) {
  typename Class::Header header{};
  if (!read_at(file, 0, header)) {
    return broken("it ends within its header");
  }
  typename Class::Section names{};
  if (!read_at(file, header.e_shoff + std::uint64_t{header.e_shstrndx} * sizeof(names), names)) {
    return broken("the section name table is missing");
  }
  const ByteView all_names = bytes_at(file, names.sh_offset, names.sh_size);
  ElfFile result;
  result.is_64_bit = sizeof(header.e_entry) == sizeof(std::uint64_t);
  result.is_arm = header.e_machine == EM_ARM;
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    typename Class::Section section{};
    if (!read_at(file, header.e_shoff + std::uint64_t{i} * sizeof(section), section)) {
      return broken("the section table ends early");
    }
    result.sections.push_back(describe(section, all_names));
  }
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    typename Class::Segment segment{};
    if (!read_at(file, header.e_phoff + std::uint64_t{i} * sizeof(segment), segment)) {
      return broken("the segment table ends early");
    }
    if (segment.p_type == PT_LOAD) {
      result.segments.push_back({.file_offset = segment.p_offset,
                                 .load_address = segment.p_paddr,
                                 .run_address = segment.p_vaddr,
                                 .file_bytes = segment.p_filesz,
                                 .memory_bytes = segment.p_memsz,
                                 .writable = (segment.p_flags & PF_W) != 0});
    }
  }
  return result;
}

} // namespace

ByteView section_content(ByteView file, const ElfSection &section) {
  return section.has_content ? bytes_at(file, section.file_offset, section.size_bytes) : ByteView{};
}

std::string elf_name(ByteView names, std::uint64_t offset) {
  if (offset >= names.size()) {
    return {};
  }
  const std::string_view text = as_text(names.subspan(offset));
  return std::string(text.substr(0, text.find('\0')));
}

Expected<ElfFile> parse_elf(ByteView file) {
  if (file.size() < EI_NIDENT || std::memcmp(file.data(), ELFMAG, SELFMAG) != 0) {
    return broken("it does not begin with the ELF magic");
  }
  if (file[EI_DATA] != ELFDATA2LSB) {
    return broken("only little-endian files are read");
  }
  return file[EI_CLASS] == ELFCLASS64 ? parse<Class64>(file) : parse<Class32>(file);
}

} // namespace tinyml::link
