// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/program_file.hpp"

#include "os/boards/kvm-x86_64/hypercall.hpp"
#include "tender/switch/file_descriptor.hpp"

#include <algorithm>
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace tinyml::tender {
namespace {

/// A copy of a structure of the file, nothing when it is not all there.
template <typename T> std::optional<T> take(ByteView file, std::uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) {
    return std::nullopt;
  }
  T value;
  std::memcpy(&value, file.data() + offset, sizeof(T));
  return value;
}

Failure<HostError> refused(const char *why) {
  return fail(ErrorCode::kInvalidInput,
              std::string("the program is ") + why +
                  "; it must be an executable linked for board kvm-x86_64 (docs/kit.md)");
}

bool is_for_this_machine(const Elf64_Ehdr &header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_machine == EM_X86_64 &&
         header.e_type == ET_EXEC && header.e_phentsize == sizeof(Elf64_Phdr);
}

/// Puts a segment's bytes where it is loaded; false when that is not in the ROM or not in the file.
bool place(ByteView file, const Elf64_Phdr &segment, std::vector<std::uint8_t> &rom) {
  if (segment.p_type != PT_LOAD || segment.p_filesz == 0) {
    return true;
  }
  const std::uint64_t at = segment.p_paddr - kvm::kRomBase; // wraps when below
  const bool in_file =
      segment.p_offset <= file.size() && segment.p_filesz <= file.size() - segment.p_offset;
  if (!in_file || at >= kvm::kRomBytes || segment.p_filesz > kvm::kRomBytes - at) {
    return false;
  }
  rom.resize(std::max<std::size_t>(rom.size(), at + segment.p_filesz));
  std::memcpy(rom.data() + at, file.data() + segment.p_offset, segment.p_filesz);
  return true;
}

} // namespace

Expected<ProgramFile> parse_program(ByteView elf) {
  const auto header = take<Elf64_Ehdr>(elf, 0);
  if (!header || !is_for_this_machine(*header)) {
    return refused("no executable of this machine");
  }
  ProgramFile program;
  for (std::uint64_t i = 0; i < header->e_phnum; ++i) {
    const auto segment = take<Elf64_Phdr>(elf, header->e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment || header->e_phoff > elf.size() || !place(elf, *segment, program.rom)) {
      return refused("cut short or linked to other addresses");
    }
  }
  const std::uint64_t entry = header->e_entry - kvm::kRomBase;
  if (entry >= program.rom.size()) {
    return refused("without a first instruction");
  }
  program.entry = static_cast<std::uint32_t>(header->e_entry);
  return program;
}

Expected<ProgramFile> load_program(const char *path) {
  constexpr off_t kLargestFile = 256 << 20;
  const FileDescriptor file(::open(path, O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kNotFound, std::string("the program '") + path + "' cannot be read");
  }
  if (status.st_size > kLargestFile) {
    return refused("larger than any board's memory");
  }
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size));
  if (::pread(file.get(), bytes.data(), bytes.size(), 0) != status.st_size) {
    return fail(ErrorCode::kUnavailable, std::string("the program '") + path + "' cannot be read");
  }
  return parse_program(bytes);
}

} // namespace tinyml::tender
