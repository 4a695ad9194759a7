// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/crc32.hpp"
#include "os/store/layout.hpp"

#include <cstring>

namespace tinyml::device {

/// Writes pieces of any length one after the other into a region of the store, which it erases
/// before, and sums up their CRC.
template <store::Flash Flash> class StreamWriter {
public:
  explicit StreamWriter(Flash &flash) : flash_(flash) {}

  [[nodiscard]] bool begin(const store::Region &region) {
    region_ = region;
    written_ = 0;
    held_ = 0;
    crc_ = 0;
    return flash_.erase(region.offset, region.size_bytes) == hal::Status::kOk;
  }
  [[nodiscard]] bool append(ByteView bytes) {
    crc_ = crc32(bytes, crc_);
    while (!bytes.empty()) {
      const std::size_t taken =
          held_ == 0 && bytes.size() >= unit() ? write_units(bytes) : hold(bytes);
      if (taken == 0) {
        return false;
      }
      bytes = bytes.subspan(taken);
    }
    return true;
  }
  /// Ends with the CRC of what came before.
  [[nodiscard]] bool append_crc() {
    std::uint8_t bytes[4];
    store_le(bytes, crc_);
    return append(bytes);
  }
  [[nodiscard]] bool finish() {
    std::memset(held_bytes_ + held_, 0xFF, unit() - held_);
    return held_ == 0 || write(ByteView(held_bytes_, unit()));
  }

  [[nodiscard]] std::uint32_t crc() const { return crc_; }

private:
  static constexpr std::size_t kMaxUnit = 64;

  [[nodiscard]] std::size_t unit() const { return flash_.info().program_bytes; }

  std::size_t write_units(ByteView bytes) {
    const std::size_t whole = bytes.size() / unit() * unit();
    return write(bytes.first(whole)) ? whole : 0;
  }
  std::size_t hold(ByteView bytes) {
    const std::size_t taken = std::min(bytes.size(), unit() - held_);
    std::memcpy(held_bytes_ + held_, bytes.data(), taken);
    held_ += taken;
    if (held_ == unit()) {
      held_ = 0;
      return write(ByteView(held_bytes_, unit())) ? taken : 0;
    }
    return taken;
  }
  bool write(ByteView bytes) {
    if (bytes.size() > region_.size_bytes - written_ ||
        flash_.write(region_.offset + written_, bytes) != hal::Status::kOk) {
      return false;
    }
    written_ += static_cast<std::uint32_t>(bytes.size());
    return true;
  }

  Flash &flash_;
  store::Region region_{};
  std::uint32_t written_ = 0;
  std::uint32_t crc_ = 0;
  std::size_t held_ = 0;
  std::uint8_t held_bytes_[kMaxUnit] = {};
};

} // namespace tinyml::device
