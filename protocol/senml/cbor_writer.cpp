// SPDX-License-Identifier: Apache-2.0
#include "protocol/senml/cbor.hpp"

#include "protocol/senml/labels.hpp"

#include <bit>

namespace tinyml::senml {

void CborWriter::head(Major major, std::uint64_t argument) {
  const auto type = static_cast<std::uint8_t>(static_cast<unsigned>(major) << 5U);
  if (argument < 24) {
    out_.put(static_cast<std::uint8_t>(type | argument));
  } else if (argument <= 0xFF) {
    out_.put(static_cast<std::uint8_t>(type | 24U));
    out_.put(static_cast<std::uint8_t>(argument));
  } else if (argument <= 0xFFFF) {
    out_.put(static_cast<std::uint8_t>(type | 25U));
    out_.put_be(static_cast<std::uint16_t>(argument));
  } else if (argument <= 0xFFFFFFFF) {
    out_.put(static_cast<std::uint8_t>(type | 26U));
    out_.put_be(static_cast<std::uint32_t>(argument));
  } else {
    out_.put(static_cast<std::uint8_t>(type | 27U));
    out_.put_be(argument);
  }
}

void CborWriter::integer(std::int64_t value) {
  const bool negative = value < 0;
  head(negative ? Major::kNegative : Major::kUnsigned,
       static_cast<std::uint64_t>(negative ? -(value + 1) : value));
}

void CborWriter::label(int number) { integer(number); }

void CborWriter::base_name(std::string_view name) {
  next_base_name_ = name;
  has_base_name_ = true;
}

void CborWriter::base_time(std::int64_t seconds) {
  next_base_time_ = seconds;
  has_base_time_ = true;
}

void CborWriter::begin_record(std::string_view name, bool has_value) {
  ++records_;
  const unsigned fields = (has_base_name_ ? 1U : 0U) + (has_base_time_ ? 1U : 0U) +
                          (name.empty() ? 0U : 1U) + (has_value ? 1U : 0U);
  head(Major::kMap, fields);
  if (has_base_name_) {
    label(static_cast<int>(Label::kBaseName));
    head(Major::kText, next_base_name_.size());
    out_.put(next_base_name_);
  }
  if (has_base_time_) {
    label(static_cast<int>(Label::kBaseTime));
    integer(next_base_time_);
  }
  has_base_name_ = false;
  has_base_time_ = false;
  if (!name.empty()) {
    label(static_cast<int>(Label::kName));
    head(Major::kText, name.size());
    out_.put(name);
  }
}

void CborWriter::record(std::string_view name, const Value &value) {
  begin_record(name, value.kind != Kind::kNone);
  put_value(value);
}

void CborWriter::record(std::string_view name, float value) {
  begin_record(name, true);
  label(static_cast<int>(Label::kValue));
  out_.put(std::uint8_t{0xFA});
  out_.put_be(std::bit_cast<std::uint32_t>(value));
}

void CborWriter::put_value(const Value &value) {
  switch (value.kind) {
  case Kind::kNone:
    return;
  case Kind::kInteger:
    label(static_cast<int>(Label::kValue));
    return integer(value.integer);
  case Kind::kReal:
    label(static_cast<int>(Label::kValue));
    out_.put(std::uint8_t{0xFB});
    return out_.put_be(std::bit_cast<std::uint64_t>(value.real));
  case Kind::kBoolean:
    label(static_cast<int>(Label::kBoolean));
    return out_.put(static_cast<std::uint8_t>(value.boolean ? 0xF5 : 0xF4));
  case Kind::kText:
    label(static_cast<int>(Label::kText));
    break;
  case Kind::kOpaque:
    label(static_cast<int>(Label::kData));
    break;
  case Kind::kObjectLink:
    head(Major::kText, 3);
    out_.put("vlo");
    break;
  }
  head(value.kind == Kind::kOpaque ? Major::kBytes : Major::kText, value.bytes.size());
  out_.put(value.bytes);
}

/// Only now the number of records is known; the one byte kept for it is enough for 23.
ByteView CborWriter::finish() {
  const std::size_t content = out_.size() - 1;
  const std::size_t head_bytes = records_ < 24 ? 1 : records_ <= 0xFF ? 2 : 3;
  if (!ok() || records_ > 0xFFFF || out_.room() < head_bytes - 1) {
    return {};
  }
  std::memmove(buffer_.data() + head_bytes, buffer_.data() + 1, content);
  out_ = ByteWriter(buffer_);
  head(Major::kArray, records_);
  return buffer_.first(head_bytes + content);
}

} // namespace tinyml::senml
