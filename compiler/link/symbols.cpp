// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/symbols.hpp"

#include "compiler/link/elf.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <elf.h>
#include <memory>

namespace tinyml::link {
namespace {

template <typename Symbol>
void add_functions(ByteView symbols, ByteView names, std::uint64_t address_mask,
                   std::vector<FunctionSymbol> &functions) {
  Symbol symbol{};
  for (; symbols.size() >= sizeof(symbol); symbols = symbols.subspan(sizeof(symbol))) {
    std::memcpy(&symbol, symbols.data(), sizeof(symbol));
    if (ELF32_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF) {
      functions.push_back({.address = symbol.st_value & address_mask,
                           .size_bytes = symbol.st_size,
                           .name = elf_name(names, symbol.st_name)});
    }
  }
}

std::vector<FunctionSymbol> functions_of(ByteView file, const ElfFile &elf) {
  const std::uint64_t mask = elf.is_arm ? ~std::uint64_t{1} : ~std::uint64_t{0};
  std::vector<FunctionSymbol> functions;
  for (const ElfSection &section : elf.sections) {
    if (section.holds_symbols && section.linked < elf.sections.size()) {
      const auto add = elf.is_64_bit ? add_functions<Elf64_Sym> : add_functions<Elf32_Sym>;
      add(section_content(file, section), section_content(file, elf.sections[section.linked]), mask,
          functions);
    }
  }
  std::ranges::stable_sort(functions, {}, &FunctionSymbol::address);
  return functions;
}

} // namespace

Expected<ProgramSymbols> ProgramSymbols::read(ByteView file) {
  const auto elf = parse_elf(file);
  if (!elf) {
    return Failure{elf.error()};
  }
  ProgramSymbols symbols;
  symbols.functions_ = functions_of(file, *elf);
  for (const ElfSection &section : elf->sections) {
    if (section.executable) {
      const ByteView bytes = section_content(file, section);
      symbols.code_.push_back({section.address, {bytes.begin(), bytes.end()}});
    }
  }
  return symbols;
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
