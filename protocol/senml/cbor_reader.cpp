// SPDX-License-Identifier: Apache-2.0
#include "protocol/senml/cbor.hpp"

#include "protocol/senml/labels.hpp"

namespace tinyml::senml {

CborReader::CborReader(ByteView pack) : items_(pack) {
  const auto array = items_.next();
  if (!array) {
    return;
  }
  if (array->major != Major::kArray) {
    items_.fail(Error::kMalformed);
    return;
  }
  indefinite_ = array->indefinite();
  remaining_ = array->argument;
}

/// Is the array or map at its end? If not, `first` is the next item's head.
bool CborReader::at_end_of(std::uint64_t &remaining, bool indefinite, std::optional<Item> &first) {
  if (!indefinite && remaining == 0) {
    return true;
  }
  --remaining;
  first = items_.next();
  if (first && first->is_break()) {
    if (!indefinite) {
      items_.fail(Error::kMalformed);
    }
    return true;
  }
  return !first;
}

std::optional<Record> CborReader::next() {
  std::optional<Item> map;
  if (finished_ || error() != Error::kNone) {
    return std::nullopt;
  }
  if (at_end_of(remaining_, indefinite_, map)) {
    finished_ = true;
    if (error() == Error::kNone && !items_.at_end()) {
      items_.fail(Error::kMalformed);
    }
    return std::nullopt;
  }
  if (map->major != Major::kMap) {
    items_.fail(Error::kMalformed);
    return std::nullopt;
  }
  Record record;
  std::uint64_t fields = map->argument;
  std::optional<Item> label;
  while (!at_end_of(fields, map->indefinite(), label)) {
    if (!read_field(*label, record)) {
      return std::nullopt;
    }
  }
  record.base_name = base_name_;
  record.base_time = base_time_;
  return error() == Error::kNone ? std::optional(record) : std::nullopt;
}

bool CborReader::read_field(const Item &label, Record &record) {
  if (label.major == Major::kText) {
    if (as_text(label.bytes) == "vlo") {
      return read_value(record, Kind::kObjectLink);
    }
    const bool must_understand = !label.bytes.empty() && label.bytes.back() == '_';
    return must_understand ? items_.fail(Error::kUnsupported) : skip(); // RFC 8428 section 4.4
  }
  Error error = Error::kNone;
  const auto number = to_number(label, error);
  if (!number || number->kind != Kind::kInteger) {
    return items_.fail(Error::kType);
  }
  if (number->integer < INT8_MIN || number->integer > INT8_MAX) {
    return skip();
  }
  switch (static_cast<Label>(number->integer)) {
  case Label::kBaseName:
    return read_text(base_name_);
  case Label::kBaseTime:
    return read_number(base_time_);
  case Label::kName:
    return read_text(record.name);
  case Label::kTime:
    return read_number(record.time);
  case Label::kValue:
    return read_value(record, Kind::kReal);
  case Label::kText:
    return read_value(record, Kind::kText);
  case Label::kBoolean:
    return read_value(record, Kind::kBoolean);
  case Label::kData:
    return read_value(record, Kind::kOpaque);
  case Label::kBaseVersion:
    return check_version();
  case Label::kBaseValue:
  case Label::kBaseSum:
    return items_.fail(Error::kUnsupported);
  case Label::kBaseUnit:
  case Label::kUnit:
  case Label::kSum:
  case Label::kUpdateTime:
    break;
  }
  return skip();
}

bool CborReader::skip() {
  const auto item = items_.next();
  if (!item) {
    return false;
  }
  return item->is_break() ? items_.fail(Error::kMalformed) : items_.skip_content(*item);
}

bool CborReader::read_number(Value &into) {
  const auto item = items_.next();
  if (!item) {
    return false;
  }
  Error error = Error::kNone;
  const auto number = to_number(*item, error);
  into = number.value_or(Value{});
  return number.has_value() || items_.fail(error);
}

bool CborReader::read_text(std::string_view &into) {
  const auto item = items_.next();
  if (!item) {
    return false;
  }
  into = as_text(item->bytes);
  return item->major == Major::kText || items_.fail(Error::kType);
}

bool CborReader::check_version() {
  Value version;
  return read_number(version) && ((version.kind == Kind::kInteger && version.integer <= kVersion) ||
                                  items_.fail(Error::kUnsupported));
}

/// Reads the value of v, vs, vb, vd or vlo; a record has at most one of them.
bool CborReader::read_value(Record &record, Kind kind) {
  if (record.value.kind != Kind::kNone) {
    return items_.fail(Error::kType);
  }
  if (kind == Kind::kReal) {
    return read_number(record.value);
  }
  const auto item = items_.next();
  if (!item) {
    return false;
  }
  constexpr std::uint8_t kFalse = 20; // RFC 8949 section 3.3
  constexpr std::uint8_t kTrue = 21;
  record.value.kind = kind;
  record.value.bytes = item->bytes;
  record.value.boolean = item->info == kTrue;
  const bool boolean =
      item->major == Major::kSimple && (item->info == kTrue || item->info == kFalse);
  const bool right = kind == Kind::kBoolean  ? boolean
                     : kind == Kind::kOpaque ? item->major == Major::kBytes
                                             : item->major == Major::kText;
  return right || items_.fail(Error::kType);
}

} // namespace tinyml::senml
