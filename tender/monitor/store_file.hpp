// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "os/drivers/read_cache.hpp"
#include "os/hal.hpp"
#include "tender/switch/file_descriptor.hpp"

namespace tinyml::tender {

/// The file behind the store, with the NOR rules of os/drivers/nor_memory.hpp. It is read and
/// written in place and never mapped, so that it takes none of the monitor's memory. A machine that
/// is killed leaves what it has written; the file is locked while one runs. A file whose first four
/// bytes are the factory page's magic inverted holds every byte inverted: what is erased may be a
/// hole in it.
class StoreFile {
public:
  /// Of a file that is made, and the shortest that is taken.
  static constexpr hal::StoreInfo kInfo = {
      .size_bytes = 16U << 20, .sector_bytes = 4096, .program_bytes = 16};

  static constexpr std::uint32_t kLargestBytes = 1U << 30;

  StoreFile() = default; ///< none: empty
  /// A file that is not there is made, erased; of one that is there the store has the size.
  [[nodiscard]] static Expected<StoreFile> open(const char *path);

  [[nodiscard]] const hal::StoreInfo &info() const { return info_; }
  [[nodiscard]] hal::Status read(std::uint32_t offset, ByteSpan to);
  [[nodiscard]] hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes);
  [[nodiscard]] hal::Status write(std::uint32_t offset, ByteView from);

private:
  [[nodiscard]] bool inside(std::uint32_t offset, std::size_t size_bytes) const;
  [[nodiscard]] bool is_erased(std::uint32_t offset, std::size_t size_bytes) const;

  [[nodiscard]] bool write_flipped(std::uint32_t offset, ByteView from) const;
  void flip(ByteSpan bytes) const;

  FileDescriptor file_;
  std::uint8_t flip_ = 0;    ///< the bits that are inverted in the file
  drivers::ReadCache cache_; ///< images are hashed by small pieces
  std::uint8_t block_[drivers::ReadCache::kBlockBytes] = {};
  hal::StoreInfo info_{};
};

} // namespace tinyml::tender
