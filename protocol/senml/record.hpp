// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

/// SenML, RFC 8428, in the subset of OMA-TS-LightweightM2M_Core-V1_1 section 7.4.4.
namespace tinyml::senml {

enum class Kind : std::uint8_t {
  kNone, ///< a record without a value, as in the list of paths of a composite read
  kInteger,
  kReal,
  kBoolean,
  kText,
  kOpaque,
  kObjectLink, ///< "vlo": text such as "3:0"
};

/// One value; `kind` says which member counts. Bytes point into the text that was read.
struct Value {
  Kind kind = Kind::kNone;
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;
  ByteView bytes; ///< kText, kOpaque, kObjectLink

  [[nodiscard]] std::string_view text() const { return as_text(bytes); }

  static Value of(std::int64_t value) { return {.kind = Kind::kInteger, .integer = value}; }
  static Value of(double value) { return {.kind = Kind::kReal, .real = value}; }
  static Value of(bool value) { return {.kind = Kind::kBoolean, .boolean = value}; }
  static Value of(std::string_view value) {
    return {.kind = Kind::kText, .bytes = as_bytes(value)};
  }
  static Value of(const char *value) { return of(std::string_view(value)); }
  static Value of(ByteView value) { return {.kind = Kind::kOpaque, .bytes = value}; }
  static Value link(std::string_view value) {
    return {.kind = Kind::kObjectLink, .bytes = as_bytes(value)};
  }
};

/// One record. Its whole name is base_name followed by name; its time base_time + time (each is
/// kInteger, kReal or absent).
struct Record {
  std::string_view base_name; ///< in force here, whichever record it stood in
  std::string_view name;
  Value base_time;
  Value time;
  Value value;

  /// The whole name, written into `to`; nothing when it does not fit.
  [[nodiscard]] std::optional<std::string_view> full_name(ByteSpan to) const {
    ByteWriter out(to);
    out.put(base_name);
    out.put(name);
    return out.overflown() ? std::nullopt : std::optional(as_text(out.written()));
  }
};

enum class Error : std::uint8_t {
  kNone,
  kTruncated,   ///< ends in the middle
  kMalformed,   ///< not CBOR or JSON, or not an array of maps, or something behind its end
  kType,        ///< a label whose value is of the wrong type, or two values in one record
  kNumber,      ///< an integer beyond 64 bits, signed
  kUnsupported, ///< base value, base sum, a later version, or an unknown label that ends in '_'
  kTooDeep,     ///< an unknown label with a deeply nested value
};

} // namespace tinyml::senml
