// SPDX-License-Identifier: Apache-2.0
#include "tender/machine/flash_programmer.hpp"

#include "host/files.hpp"

#include <fstream>

namespace tinyml::tender {

namespace note = boot::programming_note;

Expected<std::vector<std::uint8_t>> FlashProgrammer::read_store(std::uint64_t offset,
                                                                std::size_t size_bytes) const {
  std::vector<std::uint8_t> bytes(size_bytes);
  std::ifstream in(machine_.store, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(offset));
  in.read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!in) {
    return fail(ErrorCode::kUnavailable, "cannot read " + std::to_string(size_bytes) +
                                             " bytes at " + std::to_string(offset) +
                                             " of the store '" + machine_.store.string() + "'");
  }
  return bytes;
}

Expected<boot::ProgrammingNote> FlashProgrammer::read_note() const {
  const auto block = read_store(flash_.note_offset, boot::ProgrammingNote::kBytes);
  if (!block) {
    return Failure{block.error()};
  }
  const auto found = note::decode(note::Block(*block));
  if (!found) {
    return fail(ErrorCode::kInvalidInput,
                "the bootloader asks for its flash to be programmed, but left no note that says "
                "with what in the store '" +
                    machine_.store.string() + "'");
  }
  const bool from_store =
      std::uint64_t{found->source_offset} + found->size_bytes <= flash_.note_offset;
  if (!from_store || found->target_address != flash_.address || found->size_bytes == 0 ||
      found->size_bytes > flash_.size_bytes) {
    return fail(ErrorCode::kInvalidInput,
                "the bootloader asks for " + std::to_string(found->size_bytes) + " bytes from " +
                    std::to_string(found->source_offset) + " of its store at address " +
                    std::to_string(found->target_address) + ", which board " + machine_.board +
                    " does not have");
  }
  return *found;
}

Expected<void> FlashProgrammer::program() const {
  const auto wanted = read_note();
  if (!wanted) {
    return Failure{wanted.error()};
  }
  const auto bytes = read_store(wanted->source_offset, wanted->size_bytes);
  if (!bytes) {
    return Failure{bytes.error()};
  }
  const auto before = host::read_file(flash_file(machine_));
  if (before && *before == *bytes) {
    return fail(ErrorCode::kInternal, "the flash holds what the bootloader asks for, but it does "
                                      "not see it: " +
                                          flash_file(machine_).string());
  }
  return host::write_file(flash_file(machine_), *bytes);
}

} // namespace tinyml::tender
