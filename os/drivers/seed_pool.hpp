// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <algorithm>

namespace tinyml::drivers {

/// For boards without a source of randomness: a mix of the secret seed a device was provisioned
/// with and whatever differs between its starts and requests. Different on every device and hard to
/// foresee without the seed, but not random. 256 bits, so that the whole seed counts.
class SeedPool {
public:
  static constexpr std::size_t kBytes = 32;

  [[nodiscard]] bool filled() const { return filled_; }

  /// `seed` counts when it has kBytes; `start` is another number at each start of the device.
  void fill(ByteView seed, std::uint32_t start) {
    if (seed.size() == kBytes) {
      std::memcpy(words_, seed.data(), kBytes);
    }
    words_[0] += start;
    filled_ = true;
  }

  [[nodiscard]] std::uint8_t next(std::uint32_t moment) {
    constexpr std::uint32_t kWords = kBytes / 4;
    const std::uint32_t at = ++drawn_ % kWords;
    words_[at] = mixed(words_[at] + words_[(at + 1) % kWords] + drawn_ + moment);
    return static_cast<std::uint8_t>(words_[at]);
  }

private:
  /// The finaliser of MurmurHash3: every bit of the input changes half of the output's.
  static std::uint32_t mixed(std::uint32_t value) {
    value = (value ^ (value >> 16)) * 0x85EBCA6B;
    value = (value ^ (value >> 13)) * 0xC2B2AE35;
    return value ^ (value >> 16);
  }

  std::uint32_t words_[kBytes / 4] = {};
  std::uint32_t drawn_ = 0;
  bool filled_ = false;
};

} // namespace tinyml::drivers
