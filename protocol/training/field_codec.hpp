// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <array>
#include <bit>
#include <type_traits>

/// One list of a message's fields serves both ways: `fields(codec, message)` with a FieldWriter or
/// a FieldReader.
namespace tinyml::training {

class FieldWriter {
public:
  explicit FieldWriter(ByteSpan to) : writer_(to) {}

  template <typename T> void field(const T &value) {
    if constexpr (std::is_enum_v<T>) {
      writer_.put_le(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::is_same_v<T, float>) {
      writer_.put_le(std::bit_cast<std::uint32_t>(value));
    } else {
      writer_.put_le(value);
    }
  }
  template <std::size_t N> void field(const std::array<std::uint8_t, N> &bytes) {
    writer_.put(ByteView(bytes));
  }
  void zeros(std::size_t count) {
    for (; count > 0; --count) {
      writer_.put(std::uint8_t{0});
    }
  }
  /// The field's values are 0…last; of no meaning when writing.
  template <typename T> void field_up_to(const T &value, T /*last*/) { field(value); }

  [[nodiscard]] std::size_t size() const { return writer_.size(); }

private:
  ByteWriter writer_;
};

class FieldReader {
public:
  explicit FieldReader(ByteView from) : rest_(from) {}

  template <typename T> void field(T &value) {
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(take<std::underlying_type_t<T>>());
    } else if constexpr (std::is_same_v<T, float>) {
      value = std::bit_cast<float>(take<std::uint32_t>());
      const bool finite = value - value == 0;
      good_ = good_ && finite;
    } else {
      value = take<T>();
    }
  }
  template <std::size_t N> void field(std::array<std::uint8_t, N> &bytes) {
    for (std::uint8_t &byte : bytes) {
      byte = take<std::uint8_t>();
    }
  }
  void zeros(std::size_t count) {
    for (; count > 0; --count) {
      good_ = take<std::uint8_t>() == 0 && good_;
    }
  }
  template <typename T> void field_up_to(T &value, T last) {
    field(value);
    good_ = good_ && value <= last;
  }

  /// All fields were there and have allowed values, and nothing is left.
  [[nodiscard]] bool good() const { return good_ && rest_.empty(); }

private:
  template <typename T> T take() {
    const auto value = rest_.take_le<T>();
    good_ = good_ && value.has_value();
    return value.value_or(0);
  }

  ByteReader rest_;
  bool good_ = true;
};

} // namespace tinyml::training
