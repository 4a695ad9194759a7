// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/store/layout.hpp"

#include <algorithm>
#include <cstring>

namespace tinyml::device {

/// Writes a region of the store from its start on, in whole program units. A sector is erased when
/// the first byte gets there.
template <store::Flash Flash> class SectorWriter {
public:
  explicit SectorWriter(Flash &flash) : flash_(flash) {}

  /// What lies before `offset_bytes` is its caller's, who has erased the sector of that offset.
  void begin(const store::Region &region, std::uint32_t offset_bytes = 0) {
    const std::uint32_t sector = std::max<std::uint32_t>(flash_.info().sector_bytes, 1);
    region_ = region;
    written_ = offset_bytes;
    erased_ = (offset_bytes + sector - 1) / sector * sector;
  }
  bool put(ByteView bytes) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    if (size > region_.size_bytes - written_ || !erase_to(written_ + size)) {
      return false;
    }
    const bool done = flash_.write(region_.offset + written_, bytes) == hal::Status::kOk;
    written_ += size;
    return done;
  }
  [[nodiscard]] std::uint32_t unit_bytes() const {
    return std::max<std::uint32_t>(flash_.info().program_bytes, 1);
  }

private:
  bool erase_to(std::uint32_t end) {
    const std::uint32_t sector = flash_.info().sector_bytes;
    for (; erased_ < end; erased_ += sector) {
      if (flash_.erase(region_.offset + erased_, sector) != hal::Status::kOk) {
        return false;
      }
    }
    return true;
  }

  Flash &flash_;
  store::Region region_{};
  std::uint32_t written_ = 0;
  std::uint32_t erased_ = 0;
};

/// The same in pieces of any length. The first error sticks.
template <store::Flash Flash> class RegionWriter {
public:
  explicit RegionWriter(Flash &flash) : writer_(flash) {}

  void begin(const store::Region &region, std::uint32_t offset_bytes = 0) {
    writer_.begin(region, offset_bytes);
    held_ = 0;
    good_ = region.size_bytes != 0;
  }
  /// Whole buffers go to the store at once; the rest waits for more.
  bool append(ByteView bytes) {
    while (good_ && !bytes.empty()) {
      if (held_ == 0 && bytes.size() >= kBufferBytes) {
        const std::size_t whole = bytes.size() / kBufferBytes * kBufferBytes;
        good_ = writer_.put(bytes.first(whole));
        bytes = bytes.subspan(whole);
        continue;
      }
      const std::size_t part = std::min(bytes.size(), kBufferBytes - held_);
      std::memcpy(buffer_ + held_, bytes.data(), part);
      held_ += part;
      bytes = bytes.subspan(part);
      if (held_ == kBufferBytes) {
        good_ = writer_.put(ByteView(buffer_));
        held_ = 0;
      }
    }
    return good_;
  }
  /// Writes what waits. Nothing can be appended afterwards.
  bool finish() {
    while (held_ % writer_.unit_bytes() != 0) {
      buffer_[held_++] = kErased;
    }
    good_ = good_ && (held_ == 0 || writer_.put(ByteView(buffer_, held_)));
    held_ = 0;
    return good_;
  }

private:
  static constexpr std::size_t kBufferBytes = 1024; ///< program units divide it
  static constexpr std::uint8_t kErased = 0xFF;

  SectorWriter<Flash> writer_;
  std::size_t held_ = 0;
  bool good_ = false;
  std::uint8_t buffer_[kBufferBytes];
};

} // namespace tinyml::device
