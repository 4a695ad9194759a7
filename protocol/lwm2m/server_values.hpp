// SPDX-License-Identifier: Apache-2.0
// Host only: the service uses it.
#pragma once

#include "base/error.hpp"
#include "protocol/lwm2m/object_ids.hpp"
#include "protocol/lwm2m/path.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What a client answered, decoded from any content format. Host only.
namespace tinyml::lwm2m {

/// The value of one resource or resource instance. Bytes are the opaque type, and what TLV gives
/// for a resource whose type is not known.
using ServerValue =
    std::variant<std::int64_t, double, bool, std::string, std::vector<std::uint8_t>>;

struct PathValue {
  Path path; ///< depth 3, or 4 for an instance of a multiple resource
  ServerValue value;

  friend bool operator==(const PathValue &, const PathValue &) = default;
};

/// A tree of values as its leaves, sorted by path.
using ValueTree = std::vector<PathValue>;

/// The type of a resource, for the objects this product knows; TLV and text do not carry types.
enum class ValueType : std::uint8_t { kUnknown, kInteger, kFloat, kBoolean, kString, kOpaque };
[[nodiscard]] ValueType type_of(std::uint16_t object, std::uint16_t resource);

/// Decodes the payload of a read or notification of `path`. Takes TLV, text, opaque, SenML-CBOR and
/// SenML-JSON; no content format means text.
[[nodiscard]] Expected<ValueTree>
decode_values(const Path &path, std::optional<std::uint16_t> content_format, ByteView payload);

[[nodiscard]] const ServerValue *find_value(const ValueTree &tree, const Path &path);
[[nodiscard]] std::optional<std::int64_t> integer_at(const ValueTree &tree, const Path &path);
[[nodiscard]] std::optional<std::string> string_at(const ValueTree &tree, const Path &path);
/// The values of a multiple resource in order of instance; a single resource counts as one.
[[nodiscard]] std::vector<PathValue> values_under(const ValueTree &tree, const Path &path);

} // namespace tinyml::lwm2m
