// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/senml/cbor_item.hpp"

namespace tinyml::senml {

/// Reads a SenML-CBOR pack record by record (RFC 8428 section 6). Arrays and maps of indefinite
/// length are taken; text and byte strings of indefinite length, bignums and decimal fractions are
/// refused.
class CborReader {
public:
  explicit CborReader(ByteView pack);
  /// The next record; nothing at the end or at an error.
  [[nodiscard]] std::optional<Record> next();
  [[nodiscard]] Error error() const { return items_.error(); }

private:
  bool at_end_of(std::uint64_t &remaining, bool indefinite, std::optional<Item> &first);
  bool read_field(const Item &label, Record &record);
  bool read_number(Value &into);
  bool read_text(std::string_view &into);
  bool read_value(Record &record, Kind kind);
  bool check_version();
  bool skip();

  ItemReader items_;
  std::uint64_t remaining_ = 0;
  bool indefinite_ = false;
  bool finished_ = false;
  std::string_view base_name_;
  Value base_time_;
};

/// Writes a SenML-CBOR pack into a caller's buffer. What does not fit marks the writer.
///
///     CborWriter writer(buffer);
///     writer.base_name("/3/0/");
///     writer.record("0", Value::of("Acme"));
///     ByteView pack = writer.finish();   // empty when it did not fit
class CborWriter {
public:
  explicit CborWriter(ByteSpan buffer) : out_(buffer), buffer_(buffer) { out_.put(kArrayHead); }

  /// Goes into the next record, and holds from there on.
  void base_name(std::string_view name);
  /// Seconds, as SenML has them; goes into the next record and holds from there on.
  void base_time(std::int64_t seconds);
  void record(std::string_view name, const Value &value);
  /// Same, but floats of 32 bits stay that short.
  void record(std::string_view name, float value);

  [[nodiscard]] ByteView finish();
  [[nodiscard]] bool ok() const { return !out_.overflown(); }

private:
  static constexpr std::uint8_t kArrayHead = 0x80;

  void head(Major major, std::uint64_t argument);
  void label(int number);
  void integer(std::int64_t value);
  void begin_record(std::string_view name, bool has_value);
  void put_value(const Value &value);

  ByteWriter out_;
  ByteSpan buffer_;
  std::size_t records_ = 0;
  std::string_view next_base_name_;
  std::int64_t next_base_time_ = 0;
  bool has_base_name_ = false;
  bool has_base_time_ = false;
};

} // namespace tinyml::senml
