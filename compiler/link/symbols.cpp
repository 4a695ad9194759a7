// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/symbols.hpp"

#include <algorithm>
#include <cstdlib>
#include <cxxabi.h>
#include <elf.h>
#include <memory>

namespace tinyml::link {
namespace {

struct Class32 {
  using Header = Elf32_Ehdr;
  using Section = Elf32_Shdr;
  using Symbol = Elf32_Sym;
};
struct Class64 {
  using Header = Elf64_Ehdr;
  using Section = Elf64_Shdr;
  using Symbol = Elf64_Sym;
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

/// A section's content; empty when the file does not have all of it.
template <typename Section> ByteView content(ByteView file, const Section &section) {
  if (section.sh_type == SHT_NOBITS || section.sh_offset > file.size() ||
      section.sh_size > file.size() - section.sh_offset) {
    return {};
  }
  return file.subspan(section.sh_offset, section.sh_size);
}

std::string name_at(ByteView names, std::uint64_t offset) {
  if (offset >= names.size()) {
    return {};
  }
  const std::string_view text = as_text(names.subspan(offset));
  return std::string(text.substr(0, text.find('\0')));
}

template <typename Class> using Sections = std::vector<typename Class::Section>;

template <typename Class>
Expected<Sections<Class>> sections_of(ByteView file, const typename Class::Header &header) {
  Sections<Class> sections(header.e_shnum);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (!read_at(file, header.e_shoff + i * sizeof(sections[i]), sections[i])) {
      return broken("the section table ends early");
    }
  }
  return sections;
}

template <typename Class>
void add_functions(ByteView file, const Sections<Class> &sections,
                   const typename Class::Section &table, std::uint64_t address_mask,
                   std::vector<FunctionSymbol> &functions) {
  if (table.sh_link >= sections.size()) {
    return;
  }
  const ByteView symbols = content(file, table);
  const ByteView names = content(file, sections[table.sh_link]);
  typename Class::Symbol symbol{};
  for (std::size_t at = 0; read_at(symbols, at, symbol); at += sizeof(symbol)) {
    if (ELF32_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF) {
      functions.push_back({.address = symbol.st_value & address_mask,
                           .size_bytes = symbol.st_size,
                           .name = name_at(names, symbol.st_name)});
    }
  }
}

} // namespace

template <typename Class>
Expected<ProgramSymbols> read_symbols(ByteView elf, ProgramSymbols &into) {
  typename Class::Header header{};
  if (!read_at(elf, 0, header)) {
    return broken("it ends within its header");
  }
  const auto sections = sections_of<Class>(elf, header);
  if (!sections) {
    return Failure{sections.error()};
  }
  const std::uint64_t mask = header.e_machine == EM_ARM ? ~std::uint64_t{1} : ~std::uint64_t{0};
  for (const auto &section : *sections) {
    if (section.sh_type == SHT_SYMTAB) {
      add_functions<Class>(elf, *sections, section, mask, into.functions_);
    } else if ((section.sh_flags & SHF_EXECINSTR) != 0) {
      const ByteView bytes = content(elf, section);
      into.code_.push_back({section.sh_addr, {bytes.begin(), bytes.end()}});
    }
  }
  std::ranges::stable_sort(into.functions_, {}, &FunctionSymbol::address);
  return std::move(into);
}

Expected<ProgramSymbols> ProgramSymbols::read(ByteView elf) {
  if (elf.size() < EI_NIDENT || std::memcmp(elf.data(), ELFMAG, SELFMAG) != 0 ||
      elf[EI_DATA] != ELFDATA2LSB) {
    return broken("it is no little-endian ELF file");
  }
  ProgramSymbols symbols;
  return elf[EI_CLASS] == ELFCLASS64 ? read_symbols<Class64>(elf, symbols)
                                     : read_symbols<Class32>(elf, symbols);
}

/// A symbol without a size (assembly) reaches to the next one.
const FunctionSymbol *ProgramSymbols::function_at(std::uint64_t address) const {
  if (code_at(address, 1).empty()) {
    return nullptr;
  }
  const auto after = std::ranges::upper_bound(functions_, address, {}, &FunctionSymbol::address);
  for (auto at = after; at != functions_.begin();) {
    --at;
    if (at->size_bytes == 0 || address - at->address < at->size_bytes) {
      return &*at;
    }
    if (at->address != std::prev(after)->address) {
      break;
    }
  }
  return nullptr;
}

ByteView ProgramSymbols::code_at(std::uint64_t address, std::size_t size_bytes) const {
  for (const Code &code : code_) {
    const std::uint64_t offset = address - code.address;
    if (address >= code.address && offset <= code.bytes.size() &&
        size_bytes <= code.bytes.size() - offset) {
      return ByteView(code.bytes).subspan(offset, size_bytes);
    }
  }
  return {};
}

namespace {

/// What stands between brackets is left out; "(anonymous namespace)::" too.
std::string without_brackets(std::string_view name) {
  constexpr std::string_view kAnonymous = "(anonymous namespace)::";
  std::string kept;
  int depth = 0;
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (name.substr(at).starts_with(kAnonymous)) {
      at += kAnonymous.size() - 1;
      continue;
    }
    const char c = name[at];
    const bool arrow = c == '>' && at > 0 && name[at - 1] == '-';
    depth += c == '<' || c == '(' ? 1 : 0;
    if (depth == 0) {
      kept += c;
    }
    depth -= (c == '>' && !arrow) || c == ')' ? 1 : 0;
  }
  return kept;
}

} // namespace

std::string readable_name(const std::string &symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void *)> demangled(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), std::free);
  if (status != 0 || demangled == nullptr) {
    return symbol;
  }
  std::string full = demangled.get();
  full.resize(std::min(full.find(" [clone "), full.size())); // a copy that the compiler made
  if (full.find("operator") != std::string::npos) {
    return full; // brackets may be its name
  }
  std::string name = without_brackets(full);
  if (name.ends_with(" const")) {
    name.resize(name.size() - std::string_view(" const").size());
  }
  return name.substr(name.rfind(' ') + 1); // a template's name begins with its result
}

} // namespace tinyml::link
