// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tinyml::link {

/// One function of a linked program.
struct FunctionSymbol {
  std::uint64_t address = 0; ///< without Thumb's bit
  std::uint64_t size_bytes = 0;
  std::string name; ///< as linked
};

/// The functions of a program and its code, to put names to addresses.
class ProgramSymbols {
public:
  /// Reads a linked little-endian ELF file; everything is checked against the file's length. A file
  /// without a symbol table has no functions.
  [[nodiscard]] static Expected<ProgramSymbols> read(ByteView file);

  /// The function that an address lies in, or nullptr.
  [[nodiscard]] const FunctionSymbol *function_at(std::uint64_t address) const;
  /// `size_bytes` of code from an address on; empty when they are not all code.
  [[nodiscard]] ByteView code_at(std::uint64_t address, std::size_t size_bytes) const;
  [[nodiscard]] const std::vector<FunctionSymbol> &functions() const { return functions_; }

private:
  struct Code {
    std::uint64_t address;
    std::vector<std::uint8_t> bytes;
  };

  std::vector<FunctionSymbol> functions_; ///< by address
  std::vector<Code> code_;
};

/// A C++ name for people: demangled, template arguments and parameters left out.
[[nodiscard]] std::string readable_name(const std::string &symbol);

} // namespace tinyml::link
