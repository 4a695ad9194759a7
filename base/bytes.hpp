// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace tinyml {

using ByteView = std::span<const std::uint8_t>;
using ByteSpan = std::span<std::uint8_t>;

[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}

[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

template <std::unsigned_integral T> [[nodiscard]] constexpr T load_le(const std::uint8_t *from) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value | (static_cast<T>(from[i]) << (8 * i)));
  }
  return value;
}

template <std::unsigned_integral T> [[nodiscard]] constexpr T load_be(const std::uint8_t *from) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value | (static_cast<T>(from[i]) << (8 * (sizeof(T) - 1 - i))));
  }
  return value;
}

template <std::unsigned_integral T> constexpr void store_le(std::uint8_t *to, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    to[i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

template <std::unsigned_integral T> constexpr void store_be(std::uint8_t *to, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    to[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(T) - 1 - i)));
  }
}

/// Reads bytes in order and never past the end: every read says whether it was there.
class ByteReader {
public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}

  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] ByteView rest() const { return rest_; }

  [[nodiscard]] std::optional<ByteView> take(std::size_t count) {
    if (count > rest_.size()) {
      return std::nullopt;
    }
    const ByteView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  template <std::unsigned_integral T> [[nodiscard]] std::optional<T> take_le() {
    const auto bytes = take(sizeof(T));
    return bytes ? std::optional<T>(load_le<T>(bytes->data())) : std::nullopt;
  }

  template <std::unsigned_integral T> [[nodiscard]] std::optional<T> take_be() {
    const auto bytes = take(sizeof(T));
    return bytes ? std::optional<T>(load_be<T>(bytes->data())) : std::nullopt;
  }

private:
  ByteView rest_;
};

/// Writes bytes in order into a caller's buffer. The first write that does not fit marks the writer
/// as overflown and every later one is ignored, so a codec checks once, at its end.
class ByteWriter {
public:
  explicit ByteWriter(ByteSpan buffer) : buffer_(buffer) {}

  void put(std::uint8_t byte) { put(ByteView(&byte, 1)); }

  void put(ByteView bytes) {
    if (overflown_ || bytes.size() > buffer_.size() - used_) {
      overflown_ = true;
      return;
    }
    if (!bytes.empty()) {
      std::memcpy(buffer_.data() + used_, bytes.data(), bytes.size());
    }
    used_ += bytes.size();
  }

  void put(std::string_view text) { put(as_bytes(text)); }

  template <std::unsigned_integral T> void put_le(T value) {
    std::uint8_t bytes[sizeof(T)] = {};
    store_le(bytes, value);
    put(ByteView(bytes));
  }

  template <std::unsigned_integral T> void put_be(T value) {
    std::uint8_t bytes[sizeof(T)] = {};
    store_be(bytes, value);
    put(ByteView(bytes));
  }

  [[nodiscard]] bool overflown() const { return overflown_; }
  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] std::size_t room() const { return buffer_.size() - used_; }
  [[nodiscard]] ByteView written() const { return buffer_.first(used_); }

private:
  ByteSpan buffer_;
  std::size_t used_ = 0;
  bool overflown_ = false;
};

} // namespace tinyml
