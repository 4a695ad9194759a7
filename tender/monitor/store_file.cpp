// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/store_file.hpp"

#include "os/store/provision.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace tinyml::tender {
namespace {

constexpr std::size_t kChunkBytes = 4096;
using Chunk = std::uint8_t[kChunkBytes];

bool read_all(int file, std::uint64_t offset, ByteSpan to) {
  while (!to.empty()) {
    const ssize_t got = ::pread(file, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return false;
    }
    to = to.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

bool write_all(int file, std::uint64_t offset, ByteView from) {
  while (!from.empty()) {
    const ssize_t put = ::pwrite(file, from.data(), from.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) {
      continue;
    }
    if (put <= 0) {
      return false;
    }
    from = from.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return true;
}

bool fill_erased(int file, std::uint64_t offset, std::uint64_t size_bytes) {
  Chunk erased;
  std::memset(erased, 0xFF, sizeof(erased));
  for (std::uint64_t at = 0; at < size_bytes; at += kChunkBytes) {
    const auto part = std::min<std::uint64_t>(kChunkBytes, size_bytes - at);
    if (!write_all(file, offset + at, ByteView(erased, part))) {
      return false;
    }
  }
  return true;
}

/// Of a store, or of a file that is yet to become one.
bool is_store_size(off_t size_bytes) {
  return size_bytes == 0 || (size_bytes >= off_t{StoreFile::kInfo.size_bytes} &&
                             size_bytes <= off_t{StoreFile::kLargestBytes} &&
                             size_bytes % off_t{StoreFile::kInfo.sector_bytes} == 0);
}

bool aligned(std::uint32_t offset, std::size_t size_bytes, std::uint32_t unit) {
  return ((offset | size_bytes) & (unit - 1)) == 0;
}

} // namespace

Expected<StoreFile> StoreFile::open(const char *path) {
  const std::string name = std::string("the store '") + path + "'";
  FileDescriptor file(::open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat status {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kInvalidInput,
                name + " cannot be opened; it must be a file that may be read and written, in a "
                       "folder that exists");
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorCode::kConflict,
                name + " belongs to a machine that runs; stop that one first");
  }
  if (!is_store_size(status.st_size)) {
    return fail(ErrorCode::kInvalidInput,
                name + " is not 16 MiB to 1 GiB long; was it made for another board?");
  }
  if (status.st_size == 0 && !fill_erased(file.get(), 0, kInfo.size_bytes)) {
    return fail(ErrorCode::kResourceFull, name + " cannot be made 16 MiB long; is the disk full?");
  }
  StoreFile store;
  store.file_ = std::move(file);
  store.info_ = kInfo;
  if (status.st_size != 0) {
    store.info_.size_bytes = static_cast<std::uint32_t>(status.st_size);
  }
  std::uint8_t start[4] = {};
  const bool inverted = read_all(store.file_.get(), 0, start) &&
                        load_le<std::uint32_t>(start) == ~image::kFactoryMagic;
  store.flip_ = inverted ? 0xFF : 0;
  return store;
}

bool StoreFile::inside(std::uint32_t offset, std::size_t size_bytes) const {
  return offset <= info_.size_bytes && size_bytes <= info_.size_bytes - offset;
}

hal::Status StoreFile::read(std::uint32_t offset, ByteSpan to) {
  return cache_.read(info_, block_, offset, to, [this](std::uint32_t at, ByteSpan block) {
    if (!read_all(file_.get(), at, block)) {
      return hal::Status::kIo;
    }
    flip(block);
    return hal::Status::kOk;
  });
}

hal::Status StoreFile::erase(std::uint32_t offset, std::uint32_t size_bytes) {
  cache_.forget();
  if (!inside(offset, size_bytes) || !aligned(offset, size_bytes, info_.sector_bytes)) {
    return hal::Status::kInvalid;
  }
  if (flip_ == 0) {
    return fill_erased(file_.get(), offset, size_bytes) ? hal::Status::kOk : hal::Status::kIo;
  }
  Chunk erased;
  std::memset(erased, 0xFF, sizeof(erased));
  for (std::uint32_t at = offset; at < offset + size_bytes; at += kChunkBytes) {
    if (!is_erased(at, kChunkBytes) && !write_flipped(at, erased)) { // holes stay holes
      return hal::Status::kIo;
    }
  }
  return hal::Status::kOk;
}

hal::Status StoreFile::write(std::uint32_t offset, ByteView from) {
  cache_.forget();
  if (!inside(offset, from.size()) || !aligned(offset, from.size(), info_.program_bytes)) {
    return hal::Status::kInvalid;
  }
  const bool good = is_erased(offset, from.size()) && write_flipped(offset, from);
  return good ? hal::Status::kOk : hal::Status::kIo;
}

void StoreFile::flip(ByteSpan bytes) const {
  for (std::uint8_t &byte : bytes) {
    byte ^= flip_;
  }
}

bool StoreFile::write_flipped(std::uint32_t offset, ByteView from) const {
  Chunk chunk;
  for (std::size_t at = 0; at < from.size(); at += kChunkBytes) {
    const ByteSpan part(chunk, std::min(kChunkBytes, from.size() - at));
    std::memcpy(part.data(), from.data() + at, part.size());
    flip(part);
    if (!write_all(file_.get(), offset + at, part)) {
      return false;
    }
  }
  return true;
}

bool StoreFile::is_erased(std::uint32_t offset, std::size_t size_bytes) const {
  Chunk chunk;
  for (std::size_t at = 0; at < size_bytes; at += kChunkBytes) {
    const ByteSpan part(chunk, std::min(kChunkBytes, size_bytes - at));
    if (!read_all(file_.get(), offset + at, part) ||
        std::any_of(part.begin(), part.end(),
                    [this](std::uint8_t b) { return (b ^ flip_) != 0xFF; })) {
      return false;
    }
  }
  return true;
}

} // namespace tinyml::tender
