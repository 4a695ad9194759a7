// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <cstdint>
#include <optional>

namespace tinyml::lwm2m {

/// One value that a server writes. Text and TLV carry no types, so it is the resource that asks for
/// the type it wants; a value that is not of that type reads as nothing. Views point into the
/// request.
class WrittenValue {
public:
  [[nodiscard]] static WrittenValue from_text(ByteView text) { return {Kind::kText, text, 0}; }
  [[nodiscard]] static WrittenValue from_binary(ByteView bytes) {
    return {Kind::kBinary, bytes, 0};
  }
  [[nodiscard]] static WrittenValue from_integer(std::int64_t integer) {
    return {Kind::kInteger, {}, integer};
  }

  /// Decimal text; 1, 2, 4 or 8 bytes big-endian two's complement; or a typed integer or boolean.
  [[nodiscard]] std::optional<std::int64_t> integer() const;
  /// 0 or 1 of the above.
  [[nodiscard]] std::optional<bool> boolean() const;
  /// The bytes of a string or opaque value; nothing for a typed number.
  [[nodiscard]] std::optional<ByteView> bytes() const;

private:
  enum class Kind : std::uint8_t { kText, kBinary, kInteger };
  WrittenValue(Kind kind, ByteView bytes, std::int64_t integer)
      : kind_(kind), bytes_(bytes), integer_(integer) {}

  Kind kind_;
  ByteView bytes_;
  std::int64_t integer_;
};

} // namespace tinyml::lwm2m
