// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/decimal.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tinyml::lwm2m {

/// `/object/instance/resource/resource-instance`, of which the first `depth` parts are present (0
/// is the root).
struct Path {
  static constexpr std::size_t kMaxDepth = 4;

  std::uint8_t depth = 0;
  std::array<std::uint16_t, kMaxDepth> ids{};

  [[nodiscard]] static constexpr Path of(std::uint16_t object) { return {1, {object}}; }
  [[nodiscard]] static constexpr Path of(std::uint16_t object, std::uint16_t instance) {
    return {2, {object, instance}};
  }
  [[nodiscard]] static constexpr Path of(std::uint16_t object, std::uint16_t instance,
                                         std::uint16_t resource) {
    return {3, {object, instance, resource}};
  }

  [[nodiscard]] constexpr std::uint16_t object() const { return ids[0]; }
  [[nodiscard]] constexpr std::uint16_t instance() const { return ids[1]; }
  [[nodiscard]] constexpr std::uint16_t resource() const { return ids[2]; }
  [[nodiscard]] constexpr std::uint16_t resource_instance() const { return ids[3]; }

  /// This path with one more part; the path must not be full.
  [[nodiscard]] constexpr Path child(std::uint16_t id) const {
    Path longer = *this;
    longer.ids[longer.depth++] = id;
    return longer;
  }

  /// True when `other` is this path or lies below it.
  [[nodiscard]] constexpr bool contains(const Path &other) const {
    if (other.depth < depth) {
      return false;
    }
    for (std::size_t i = 0; i < depth; ++i) {
      if (ids[i] != other.ids[i]) {
        return false;
      }
    }
    return true;
  }

  friend constexpr auto operator<=>(const Path &, const Path &) = default;
};

/// One part of a path: decimal, 0..65534 (65535 is reserved), no sign, no leading zeros.
[[nodiscard]] std::optional<std::uint16_t> parse_path_id(std::string_view text);

/// Parses "/3/0/1" or "3/0/1"; "" and "/" are the root.
[[nodiscard]] std::optional<Path> parse_path(std::string_view text);

/// Writes "/3/0/1"; the root is "/".
void put_path(ByteWriter &out, const Path &path);

using tinyml::put_decimal;

} // namespace tinyml::lwm2m
