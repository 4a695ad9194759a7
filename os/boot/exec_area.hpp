// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/header.hpp"
#include "image/reader.hpp"
#include "os/store/layout.hpp"

namespace tinyml::boot {

/// Brings the memory an image runs from into line with a slot's payload, sector by sector, and only
/// sectors that differ. It keeps no notes: after a power cut the next boot compares again and goes
/// on.
template <image::Reader R, store::Flash F> class ExecCopy {
public:
  ExecCopy(R &slot, const image::Header &header, F &exec)
      : slot_(slot), payload_bytes_(header.payload_bytes), exec_(exec) {}

  /// True when the area then holds the payload; what lies behind it is left as it is.
  [[nodiscard]] bool run() {
    if (payload_bytes_ > exec_.info().size_bytes || exec_.info().program_bytes > sizeof(chunk_)) {
      return false;
    }
    const std::uint32_t sector = exec_.info().sector_bytes;
    for (std::uint32_t at = 0; at < payload_bytes_; at += sector) {
      const std::uint32_t end = at + std::min(sector, payload_bytes_ - at);
      if (!same(at, end) && !(renew(at, end) && same(at, end))) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] std::uint32_t renewed_sectors() const { return renewed_sectors_; }

private:
  static constexpr std::uint32_t kChunkBytes = 128;

  /// The payload's part [at, at + size) in chunk_, size rounded up to the program unit with 0xFF.
  bool fetch(std::uint32_t at, std::uint32_t size) {
    std::memset(chunk_, 0xFF, sizeof(chunk_));
    return slot_.read(image::kHeaderBytes + at, ByteSpan(chunk_, size));
  }

  bool same(std::uint32_t at, std::uint32_t end) {
    std::uint8_t there[kChunkBytes];
    for (; at < end; at += kChunkBytes) {
      const std::uint32_t size = std::min(kChunkBytes, end - at);
      if (!fetch(at, size) || exec_.read(at, ByteSpan(there, size)) != hal::Status::kOk ||
          std::memcmp(chunk_, there, size) != 0) {
        return false;
      }
    }
    return true;
  }

  bool renew(std::uint32_t at, std::uint32_t end) {
    ++renewed_sectors_;
    const std::uint32_t unit = std::max<std::uint32_t>(exec_.info().program_bytes, 1);
    bool good = exec_.erase(at, exec_.info().sector_bytes) == hal::Status::kOk;
    for (; good && at < end; at += kChunkBytes) {
      const std::uint32_t size = std::min(kChunkBytes, end - at);
      const std::uint32_t padded = (size + unit - 1) / unit * unit;
      good = fetch(at, size) && exec_.write(at, ByteView(chunk_, padded)) == hal::Status::kOk;
    }
    return good;
  }

  R &slot_;
  std::uint32_t payload_bytes_;
  F &exec_;
  std::uint32_t renewed_sectors_ = 0;
  std::uint8_t chunk_[kChunkBytes];
};

} // namespace tinyml::boot
