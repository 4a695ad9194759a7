// SPDX-License-Identifier: Apache-2.0
// Host only: JSON is for people and the service.
#pragma once

#include "base/result.hpp"
#include "protocol/senml/record.hpp"

#include <string>
#include <vector>

namespace tinyml::senml {

/// A record that owns its name and bytes; the name is whole (base name resolved).
struct OwnedRecord {
  std::string name;
  Value value; ///< its bytes point into `storage`
  std::optional<double> time;
  std::string storage;

  OwnedRecord() = default;
  OwnedRecord(std::string whole_name, const Value &from, std::optional<double> at = std::nullopt);
  OwnedRecord(const OwnedRecord &other) : OwnedRecord(other.name, other.value, other.time) {}
  OwnedRecord &operator=(const OwnedRecord &other);
};

/// Reads a SenML-JSON pack (RFC 8428 section 5). Opaque values are base64url, with or without
/// padding; large integers beyond 64 bits signed are refused, base values and sums as well.
[[nodiscard]] Result<std::vector<OwnedRecord>, Error> parse_json(std::string_view text);

/// Reads a SenML-CBOR pack as a whole.
[[nodiscard]] Result<std::vector<OwnedRecord>, Error> parse_cbor(ByteView pack);

/// Writes records as SenML-JSON; the common beginning of their names up to a '/' becomes the base
/// name.
[[nodiscard]] std::string write_json(const std::vector<OwnedRecord> &records);

} // namespace tinyml::senml
