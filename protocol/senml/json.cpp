// SPDX-License-Identifier: Apache-2.0
#include "protocol/senml/json.hpp"

#include "protocol/senml/cbor.hpp"
#include "protocol/senml/labels.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tinyml::senml {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"; // RFC 4648 section 5

std::string encode_base64url(ByteView bytes) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = (bits << 8U) | byte;
    count += 8;
    while (count >= 6) {
      count -= 6;
      text += kAlphabet[(bits >> count) & 63U];
    }
  }
  if (count != 0) {
    text += kAlphabet[(bits << (6 - count)) & 63U];
  }
  return text;
}

std::optional<std::string> decode_base64url(std::string_view text) {
  while (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>((bits >> count) & 0xFFU);
    }
  }
  return text.size() % 4 == 1 ? std::nullopt : std::optional(bytes);
}

double seconds(const Value &time) {
  return time.kind == Kind::kInteger ? static_cast<double>(time.integer) : time.real;
}

std::optional<Value> json_number(const Json &json) {
  if (json.is_number_unsigned() &&
      json.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    return std::nullopt;
  }
  if (json.is_number_integer()) {
    return Value::of(json.get<std::int64_t>());
  }
  return json.is_number_float() ? std::optional(Value::of(json.get<double>())) : std::nullopt;
}

/// What one JSON record says, before base name and base time are added.
class RecordReader {
public:
  Error read(const Json &json);
  [[nodiscard]] OwnedRecord finish(const std::string &base_name, double base_time) const;

  std::optional<std::string> base_name;
  std::optional<double> base_time;

private:
  Error read_field(const std::string &label, const Json &json);
  Error read_text(const Json &json, std::string &into);
  Error read_time(const Json &json, std::optional<double> &into);
  Error read_value(const std::string &label, const Json &json);

  std::string name_;
  std::string bytes_;
  std::optional<double> time_;
  Value value_;
};

Error RecordReader::read(const Json &json) {
  if (!json.is_object()) {
    return Error::kMalformed;
  }
  for (const auto &[label, value] : json.items()) {
    if (const Error error = read_field(label, value); error != Error::kNone) {
      return error;
    }
  }
  return Error::kNone;
}

Error RecordReader::read_text(const Json &json, std::string &into) {
  if (!json.is_string()) {
    return Error::kType;
  }
  into = json.get<std::string>();
  return Error::kNone;
}

Error RecordReader::read_time(const Json &json, std::optional<double> &into) {
  const auto number = json_number(json);
  if (!number) {
    return json.is_number() ? Error::kNumber : Error::kType;
  }
  into = seconds(*number);
  return Error::kNone;
}

Error RecordReader::read_field(const std::string &label, const Json &json) {
  if (label == "n") {
    return read_text(json, name_);
  }
  if (label == "bn") {
    return read_text(json, base_name.emplace());
  }
  if (label == "t" || label == "bt") {
    return read_time(json, label == "t" ? time_ : base_time);
  }
  if (label == "v" || label == "vs" || label == "vb" || label == "vd" || label == "vlo") {
    return read_value(label, json);
  }
  const bool later =
      label == "bver" && !(json.is_number_integer() && json.get<std::int64_t>() <= kVersion);
  const bool sums = label == "bv" || label == "bs";
  return later || sums || label.ends_with('_') ? Error::kUnsupported : Error::kNone;
}

Error RecordReader::read_value(const std::string &label, const Json &json) {
  if (value_.kind != Kind::kNone) {
    return Error::kType;
  }
  if (label == "v") {
    const auto number = json_number(json);
    value_ = number.value_or(Value{});
    return number ? Error::kNone : json.is_number() ? Error::kNumber : Error::kType;
  }
  if (label == "vb") {
    value_ = Value::of(json.is_boolean() && json.get<bool>());
    return json.is_boolean() ? Error::kNone : Error::kType;
  }
  value_.kind = label == "vs" ? Kind::kText : label == "vd" ? Kind::kOpaque : Kind::kObjectLink;
  if (const Error error = read_text(json, bytes_); error != Error::kNone || label != "vd") {
    return error;
  }
  auto decoded = decode_base64url(bytes_);
  if (decoded) {
    bytes_ = std::move(*decoded);
  }
  return decoded ? Error::kNone : Error::kType;
}

OwnedRecord RecordReader::finish(const std::string &in_base_name, double in_base_time) const {
  Value value = value_;
  value.bytes = as_bytes(bytes_);
  const bool timed = time_ || in_base_time != 0;
  return {in_base_name + name_, value,
          timed ? std::optional(in_base_time + time_.value_or(0)) : std::nullopt};
}

std::string common_base(const std::vector<OwnedRecord> &records) {
  if (records.empty()) {
    return {};
  }
  std::string base = records.front().name;
  for (const OwnedRecord &record : records) {
    const auto differs =
        std::mismatch(base.begin(), base.end(), record.name.begin(), record.name.end()).first;
    base.erase(differs, base.end());
  }
  base.erase(base.rfind('/') + 1); // npos + 1 is 0: no slash, no base
  return base;
}

void write_value(Json &json, const Value &value) {
  switch (value.kind) {
  case Kind::kNone:
    return;
  case Kind::kInteger:
    json["v"] = value.integer;
    return;
  case Kind::kReal:
    json["v"] = value.real;
    return;
  case Kind::kBoolean:
    json["vb"] = value.boolean;
    return;
  case Kind::kText:
    json["vs"] = value.text();
    return;
  case Kind::kOpaque:
    json["vd"] = encode_base64url(value.bytes);
    return;
  case Kind::kObjectLink:
    json["vlo"] = value.text();
    return;
  }
}

} // namespace

OwnedRecord::OwnedRecord(std::string whole_name, const Value &from, std::optional<double> at)
    : name(std::move(whole_name)), value(from), time(at), storage(from.text()) {
  value.bytes = as_bytes(storage);
}

OwnedRecord &OwnedRecord::operator=(const OwnedRecord &other) {
  if (this != &other) {
    name = other.name;
    value = other.value;
    time = other.time;
    storage = other.storage;
    value.bytes = as_bytes(storage);
  }
  return *this;
}

Result<std::vector<OwnedRecord>, Error> parse_json(std::string_view text) {
  // Depth is bounded before the parser sees it: a pack is an array of flat objects.
  constexpr int kMaxDepth = 16;
  const auto guard = [](int depth, Json::parse_event_t, Json &) { return depth <= kMaxDepth; };
  const Json pack = Json::parse(text, guard, /*allow_exceptions=*/false);
  if (!pack.is_array()) {
    return Failure{Error::kMalformed};
  }
  std::vector<OwnedRecord> records;
  std::string base_name;
  double base_time = 0;
  for (const Json &json : pack) {
    RecordReader reader;
    if (const Error error = reader.read(json); error != Error::kNone) {
      return Failure{error};
    }
    base_name = reader.base_name.value_or(base_name);
    base_time = reader.base_time.value_or(base_time);
    records.push_back(reader.finish(base_name, base_time));
  }
  return records;
}

Result<std::vector<OwnedRecord>, Error> parse_cbor(ByteView pack) {
  CborReader reader(pack);
  std::vector<OwnedRecord> records;
  while (const auto record = reader.next()) {
    const bool timed = record->time.kind != Kind::kNone || record->base_time.kind != Kind::kNone;
    records.emplace_back(std::string(record->base_name) + std::string(record->name), record->value,
                         timed ? std::optional(seconds(record->base_time) + seconds(record->time))
                               : std::nullopt);
  }
  if (reader.error() != Error::kNone) {
    return Failure{reader.error()};
  }
  return records;
}

std::string write_json(const std::vector<OwnedRecord> &records) {
  const std::string base = common_base(records);
  Json pack = Json::array();
  for (const OwnedRecord &record : records) {
    Json json = Json::object();
    if (pack.empty() && !base.empty()) {
      json["bn"] = base;
    }
    if (record.name.size() > base.size()) {
      json["n"] = record.name.substr(base.size());
    }
    if (record.time) {
      json["t"] = *record.time;
    }
    write_value(json, record.value);
    pack.push_back(std::move(json));
  }
  return pack.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace tinyml::senml
