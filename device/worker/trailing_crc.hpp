// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/crc32.hpp"

#include <algorithm>

namespace tinyml::device {

/// Checks a body that ends with the CRC-32 of all before it, and of which nobody says where it
/// ends: the latest four bytes are held back.
class TrailingCrc {
public:
  void begin() { *this = {}; }
  void take(ByteView bytes) {
    for (const std::uint8_t byte : bytes) {
      if (held_bytes_ == sizeof(held_)) {
        crc_ = crc32(ByteView(held_, 1), crc_);
        std::copy(held_ + 1, held_ + sizeof(held_), held_);
        --held_bytes_;
      }
      held_[held_bytes_++] = byte;
    }
  }
  /// The body is complete: is it right?
  [[nodiscard]] bool good() const {
    return held_bytes_ == sizeof(held_) && load_le<std::uint32_t>(held_) == crc_;
  }

private:
  std::uint8_t held_[4] = {};
  std::size_t held_bytes_ = 0;
  std::uint32_t crc_ = 0;
};

} // namespace tinyml::device
