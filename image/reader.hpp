// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <concepts>

namespace tinyml::image {

/// Where image bytes come from: a slot in flash, a file, memory. `read` fills all of `to` from
/// `offset` or returns false; `size_bytes` is how far it may be asked.
template <typename R>
concept Reader = requires(R &reader, std::uint32_t offset, ByteSpan to) {
  { reader.read(offset, to) } -> std::same_as<bool>;
  { reader.size_bytes() } -> std::same_as<std::uint32_t>;
};

/// True when `size_bytes` bytes at `offset` lie inside `total`, whatever the values.
[[nodiscard]] constexpr bool fits(std::uint32_t offset, std::uint32_t size_bytes,
                                  std::uint32_t total) {
  return offset <= total && size_bytes <= total - offset;
}

/// A Reader over bytes in memory.
class MemoryReader {
public:
  explicit MemoryReader(ByteView bytes) : bytes_(bytes) {}

  [[nodiscard]] bool read(std::uint32_t offset, ByteSpan to) {
    if (!fits(offset, static_cast<std::uint32_t>(to.size()), size_bytes())) {
      return false;
    }
    if (!to.empty()) {
      std::memcpy(to.data(), bytes_.data() + offset, to.size());
    }
    return true;
  }
  [[nodiscard]] std::uint32_t size_bytes() const {
    return static_cast<std::uint32_t>(bytes_.size());
  }

private:
  ByteView bytes_;
};

} // namespace tinyml::image
