// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

namespace tinyml::drivers {

/// For boards without a source of randomness: a mix of the secret seed a device was provisioned
/// with, how often it has started since power-on, and the clock at the moment of each request.
/// Different on every device and hard to foresee without the seed, but not random: hal::entropy
/// then says kUnsupported. Under emulation with a counted clock it repeats exactly.
class SeededEntropy {
public:
  [[nodiscard]] constexpr bool is_fresh() const { return drawn_ == 0; }

  /// Once, before the first draw; a seed of another length is not used.
  void seed(ByteView secret, std::uint32_t starts) {
    if (secret.size() == sizeof(words_)) {
      std::memcpy(words_, secret.data(), sizeof(words_));
    }
    words_[0] += starts;
  }

  void draw(ByteSpan to, std::uint32_t (*clock)()) {
    for (std::uint8_t &byte : to) {
      std::uint32_t &next = words_[++drawn_ % kWords];
      next = mixed(next + words_[(drawn_ + 1) % kWords] + drawn_ + clock());
      byte = static_cast<std::uint8_t>(next);
    }
  }

private:
  static constexpr std::uint32_t kWords = 8; ///< 256 bits, so that the whole seed counts

  /// The finaliser of MurmurHash3: every bit of the input changes half of the output's.
  static constexpr std::uint32_t mixed(std::uint32_t value) {
    value = (value ^ (value >> 16)) * 0x85EBCA6B;
    value = (value ^ (value >> 13)) * 0xC2B2AE35;
    return value ^ (value >> 16);
  }

  std::uint32_t words_[kWords] = {};
  std::uint32_t drawn_ = 0;
};

} // namespace tinyml::drivers
