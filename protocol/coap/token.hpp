// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <algorithm>
#include <array>

namespace tinyml::coap {

inline constexpr std::size_t kMaxTokenBytes = 8; // RFC 7252 section 3

/// A token by value, zero-padded so that equality is plain. At most kMaxTokenBytes of `from` count.
class Token {
public:
  constexpr Token() = default;
  explicit Token(ByteView from)
      : size_(static_cast<std::uint8_t>(std::min(from.size(), kMaxTokenBytes))) {
    std::copy_n(from.begin(), size_, bytes_.begin());
  }

  [[nodiscard]] ByteView bytes() const { return ByteView(bytes_).first(size_); }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// The bytes as one number, for hashing.
  [[nodiscard]] std::uint64_t to_uint() const { return load_le<std::uint64_t>(bytes_.data()); }

  friend bool operator==(const Token &, const Token &) = default;

private:
  std::array<std::uint8_t, kMaxTokenBytes> bytes_{};
  std::uint8_t size_ = 0;
};

} // namespace tinyml::coap
