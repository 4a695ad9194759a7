// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <array>
#include <type_traits>

namespace tinyml::tender {

/// A range of the guest's address space and the memory behind it.
struct GuestWindow {
  std::uint32_t base = 0;
  ByteSpan bytes;
  bool writable = false;
};

/// The guest's memory as the guest names it. Whatever address and length it gives: the answer is a
/// range that lies wholly in one window, or nothing.
class GuestMemory {
public:
  using Windows = std::array<GuestWindow, 3>;
  explicit GuestMemory(const Windows &windows) : windows_(windows) {}

  [[nodiscard]] std::optional<ByteView> readable(std::uint32_t address,
                                                 std::uint32_t size_bytes) const {
    const auto found = find(address, size_bytes, false);
    return found ? std::optional<ByteView>(*found) : std::nullopt;
  }
  [[nodiscard]] std::optional<ByteSpan> writable(std::uint32_t address,
                                                 std::uint32_t size_bytes) const {
    return find(address, size_bytes, true);
  }

  /// A copy of the guest's object, so that it is looked at once.
  template <typename T> [[nodiscard]] std::optional<T> load(std::uint32_t address) const {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto bytes = find(address, sizeof(T), true);
    if (!bytes || address % alignof(T) != 0) {
      return std::nullopt;
    }
    T value;
    std::memcpy(static_cast<void *>(&value), bytes->data(), sizeof(T));
    return value;
  }
  /// False when that is not writable.
  template <typename T> bool store(std::uint32_t address, const T &value) const {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto bytes = find(address, sizeof(T), true);
    if (bytes) {
      std::memcpy(bytes->data(), static_cast<const void *>(&value), sizeof(T));
    }
    return bytes.has_value();
  }

private:
  [[nodiscard]] std::optional<ByteSpan> find(std::uint32_t address, std::uint32_t size_bytes,
                                             bool to_write) const {
    if (size_bytes == 0) {
      return ByteSpan{};
    }
    for (const GuestWindow &window : windows_) {
      const std::uint64_t offset = std::uint64_t{address} - window.base; // wraps when below
      if (address >= window.base && offset < window.bytes.size() &&
          size_bytes <= window.bytes.size() - offset && (window.writable || !to_write)) {
        return window.bytes.subspan(offset, size_bytes);
      }
    }
    return std::nullopt;
  }

  Windows windows_;
};

} // namespace tinyml::tender
