// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/server_values.hpp"

#include "protocol/senml/json.hpp"
#include "protocol/tlv/tlv.hpp"

#include <algorithm>
#include <charconv>

namespace tinyml::lwm2m {
namespace {

struct TypeRow {
  ObjectId object;
  std::uint16_t resource;
  ValueType type;
};

// Everything that is not a string, of the objects we know; the rest of those objects are strings.
constexpr TypeRow kTypes[] = {
    {ObjectId::kServer, server::kShortServerId, ValueType::kInteger},
    {ObjectId::kServer, server::kLifetime, ValueType::kInteger},
    {ObjectId::kServer, server::kNotificationStoring, ValueType::kBoolean},
    {ObjectId::kDevice, device::kMemoryFree, ValueType::kInteger},
    {ObjectId::kDevice, device::kErrorCode, ValueType::kInteger},
    {ObjectId::kDevice, device::kCurrentTime, ValueType::kInteger},
    {ObjectId::kDevice, device::kMemoryTotal, ValueType::kInteger},
    {ObjectId::kFirmwareUpdate, firmware::kState, ValueType::kInteger},
    {ObjectId::kFirmwareUpdate, firmware::kUpdateResult, ValueType::kInteger},
    {ObjectId::kFirmwareUpdate, firmware::kProtocolSupport, ValueType::kInteger},
    {ObjectId::kFirmwareUpdate, firmware::kDeliveryMethod, ValueType::kInteger},
    {ObjectId::kCapability, capability::kClock, ValueType::kInteger},
    {ObjectId::kCapability, capability::kRam, ValueType::kInteger},
    {ObjectId::kCapability, capability::kRamFree, ValueType::kInteger},
    {ObjectId::kCapability, capability::kRom, ValueType::kInteger},
    {ObjectId::kCapability, capability::kRomFree, ValueType::kInteger},
    {ObjectId::kCapability, capability::kImageAddress, ValueType::kInteger},
    {ObjectId::kCapability, capability::kSlotAddress, ValueType::kInteger},
    {ObjectId::kCapability, capability::kSlotSize, ValueType::kInteger},
    {ObjectId::kCapability, capability::kAbiVersion, ValueType::kInteger},
    {ObjectId::kCapability, capability::kModuleAbiVersion, ValueType::kInteger},
    {ObjectId::kModel, model::kBuildId, ValueType::kOpaque},
    {ObjectId::kModel, model::kAbiVersion, ValueType::kInteger},
    {ObjectId::kModel, model::kArenaBytes, ValueType::kInteger},
    {ObjectId::kModel, model::kRomBytes, ValueType::kInteger},
    {ObjectId::kModel, model::kMacs, ValueType::kInteger},
    {ObjectId::kModel, model::kState, ValueType::kInteger},
    {ObjectId::kInferenceResult, inference::kClass, ValueType::kInteger},
    {ObjectId::kInferenceResult, inference::kScore, ValueType::kFloat},
    {ObjectId::kInferenceResult, inference::kRawOutput, ValueType::kOpaque},
    {ObjectId::kInferenceResult, inference::kCount, ValueType::kInteger},
    {ObjectId::kInferenceResult, inference::kCycles, ValueType::kInteger},
    {ObjectId::kInferenceResult, inference::kTimestamp, ValueType::kInteger},
};

constexpr ObjectId kKnownObjects[] = {
    ObjectId::kServer,     ObjectId::kDevice, ObjectId::kFirmwareUpdate, ObjectId::kTextDisplay,
    ObjectId::kCapability, ObjectId::kModel,  ObjectId::kInferenceResult};

std::vector<std::uint8_t> owned(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

template <typename Number> std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char *end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

/// What a decoder says when a value is not of its resource's type.
Failure<HostError> wrong_type(const Path &path) {
  std::uint8_t text[32];
  ByteWriter out{ByteSpan(text)};
  put_path(out, path);
  return fail(ErrorCode::kInvalidInput, "the device's value of " +
                                            std::string(as_text(out.written())) +
                                            " is not of the resource's type");
}

std::optional<ServerValue> from_text(ValueType type, ByteView payload) {
  const std::string_view text = as_text(payload);
  switch (type) {
  case ValueType::kInteger:
    return parse_number<std::int64_t>(text);
  case ValueType::kFloat:
    return parse_number<double>(text);
  case ValueType::kBoolean:
    return text == "1" || text == "0" ? std::optional<ServerValue>(text == "1") : std::nullopt;
  default:
    return std::string(text);
  }
}

std::optional<ServerValue> from_tlv(ValueType type, ByteView value) {
  switch (type) {
  case ValueType::kInteger:
    return tlv::to_integer(value);
  case ValueType::kFloat:
    return tlv::to_float(value);
  case ValueType::kBoolean:
    return tlv::to_boolean(value);
  case ValueType::kString:
    return std::string(as_text(value));
  default:
    return owned(value);
  }
}

std::optional<ServerValue> from_senml(const senml::Value &value) {
  switch (value.kind) {
  case senml::Kind::kInteger:
    return value.integer;
  case senml::Kind::kReal:
    return value.real;
  case senml::Kind::kBoolean:
    return value.boolean;
  case senml::Kind::kText:
  case senml::Kind::kObjectLink:
    return std::string(value.text());
  case senml::Kind::kOpaque:
    return owned(value.bytes);
  case senml::Kind::kNone:
    break;
  }
  return std::nullopt;
}

/// The full path of a TLV leaf: what the request's path gives, then what the entry itself says.
std::optional<Path> path_of_leaf(const Path &requested, const tlv::Leaf &leaf) {
  if (requested.depth == 0) {
    return std::nullopt; // a TLV does not say which object it is of
  }
  Path path = Path::of(requested.object());
  const auto append = [&](std::uint16_t from_entry, std::uint8_t depth) {
    const bool given = from_entry != tlv::Leaf::kNoId;
    if (given || requested.depth > depth) {
      path = path.child(given ? from_entry : requested.ids[depth]);
      return true;
    }
    return false;
  };
  if (!append(leaf.object_instance, 1) || !append(leaf.resource, 2)) {
    return std::nullopt;
  }
  append(leaf.resource_instance, 3);
  return path;
}

Expected<ValueTree> decode_single(const Path &path, ValueType type, ByteView payload) {
  if (path.depth < 3) {
    return fail(ErrorCode::kInvalidInput, "the device answered a read of several values by text");
  }
  auto value = from_text(type, payload);
  if (!value) {
    return wrong_type(path);
  }
  return ValueTree{{path, std::move(*value)}};
}

Expected<ValueTree> decode_tlv(const Path &requested, ByteView payload) {
  ValueTree tree;
  tlv::LeafReader reader(payload);
  while (const auto leaf = reader.next()) {
    const auto path = path_of_leaf(requested, *leaf);
    if (!path) {
      return fail(ErrorCode::kInvalidInput, "the device's TLV has values without a place");
    }
    auto value = from_tlv(type_of(path->object(), path->resource()), leaf->value);
    if (!value) {
      return wrong_type(*path);
    }
    tree.push_back({*path, std::move(*value)});
  }
  if (reader.error() != tlv::Error::kNone) {
    return fail(ErrorCode::kInvalidInput, "the device's TLV is malformed");
  }
  return tree;
}

Expected<ValueTree>
decode_senml(const Result<std::vector<senml::OwnedRecord>, senml::Error> &records) {
  if (!records) {
    return fail(ErrorCode::kInvalidInput, "the device's SenML is malformed");
  }
  ValueTree tree;
  for (const senml::OwnedRecord &record : *records) {
    const auto path = parse_path(record.name);
    auto value = from_senml(record.value);
    if (!path || path->depth < 3 || !value) {
      return fail(ErrorCode::kInvalidInput, "the device's SenML has the record '" + record.name +
                                                "', which is no resource with a value");
    }
    tree.push_back({*path, std::move(*value)});
  }
  return tree;
}

Expected<ValueTree> decode_any(const Path &path, Format format, ByteView payload) {
  const ValueType type =
      path.depth < 3 ? ValueType::kUnknown : type_of(path.object(), path.resource());
  switch (format) {
  case Format::kText:
    return decode_single(path, type, payload);
  case Format::kOpaque:
    return decode_single(path, ValueType::kString, payload);
  case Format::kTlv:
  case Format::kTlvOld:
    return decode_tlv(path, payload);
  case Format::kSenmlCbor:
    return decode_senml(senml::parse_cbor(payload));
  case Format::kSenmlJson:
    return decode_senml(senml::parse_json(as_text(payload)));
  default:
    return fail(ErrorCode::kUnsupported,
                "the device answered in content format " +
                    std::to_string(static_cast<std::uint16_t>(format)) +
                    ", which is none of text, opaque, TLV, SenML-CBOR and SenML-JSON");
  }
}

} // namespace

ValueType type_of(std::uint16_t object, std::uint16_t resource) {
  for (const TypeRow &row : kTypes) {
    if (static_cast<std::uint16_t>(row.object) == object && row.resource == resource) {
      return row.type;
    }
  }
  const bool known =
      std::any_of(std::begin(kKnownObjects), std::end(kKnownObjects),
                  [&](ObjectId id) { return static_cast<std::uint16_t>(id) == object; });
  return known ? ValueType::kString : ValueType::kUnknown;
}

Expected<ValueTree> decode_values(const Path &path, std::optional<std::uint16_t> content_format,
                                  ByteView payload) {
  auto tree = decode_any(path, static_cast<Format>(content_format.value_or(0)), payload);
  if (!tree) {
    return tree;
  }
  // A single opaque value was read as bytes of text.
  if (content_format == static_cast<std::uint16_t>(Format::kOpaque)) {
    (*tree)[0].value = owned(payload);
  }
  std::stable_sort(tree->begin(), tree->end(),
                   [](const PathValue &a, const PathValue &b) { return a.path < b.path; });
  for (const PathValue &entry : *tree) {
    if (!path.contains(entry.path)) {
      return fail(ErrorCode::kInvalidInput,
                  "the device answered with values that were not asked for");
    }
  }
  return tree;
}

const ServerValue *find_value(const ValueTree &tree, const Path &path) {
  const auto found = std::find_if(tree.begin(), tree.end(),
                                  [&](const PathValue &entry) { return entry.path == path; });
  return found == tree.end() ? nullptr : &found->value;
}

std::optional<std::int64_t> integer_at(const ValueTree &tree, const Path &path) {
  const ServerValue *value = find_value(tree, path);
  const auto *integer = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
  return integer == nullptr ? std::nullopt : std::optional(*integer);
}

std::optional<std::string> string_at(const ValueTree &tree, const Path &path) {
  const ServerValue *value = find_value(tree, path);
  const auto *text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

std::vector<PathValue> values_under(const ValueTree &tree, const Path &path) {
  std::vector<PathValue> values;
  std::copy_if(tree.begin(), tree.end(), std::back_inserter(values),
               [&](const PathValue &entry) { return path.contains(entry.path); });
  return values;
}

} // namespace tinyml::lwm2m
