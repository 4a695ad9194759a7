// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/message.hpp"
#include "protocol/lwm2m/path.hpp"

#include <array>

namespace tinyml::lwm2m {

/// Notification conditions in force for a path. Seconds; kUnset where none was written.
struct Period {
  static constexpr std::uint32_t kUnset = 0xFFFFFFFF;
  std::uint32_t pmin_s = kUnset;
  std::uint32_t pmax_s = kUnset;
};

/// What servers wrote by Write-Attributes (OMA LwM2M 1.1 core 5.1.2): pmin and pmax, for a few
/// paths.
class AttributeTable {
public:
  /// Takes the pmin and pmax of the request's query; one without a value is cleared. Bad input,
  /// other attributes and a full table are refused.
  [[nodiscard]] coap::Code write(const Path &path, const coap::MessageView &request);

  /// The attributes that hold for an observation of `path`: its own, then its parents'.
  [[nodiscard]] Period effective(const Path &path) const;
  /// Appends ";pmin=1;pmax=60" as far as set for exactly this path.
  void put(ByteWriter &out, const Path &path) const;

private:
  struct Entry {
    Path path;
    Period period;
    bool used = false;
  };
  static constexpr std::size_t kCapacity = 4;

  Entry *place(const Path &path);

  std::array<Entry, kCapacity> entries_{};
};

} // namespace tinyml::lwm2m
