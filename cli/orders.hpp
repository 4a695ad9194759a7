// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_client.hpp"

#include <functional>
#include <optional>
#include <string>

namespace tinyml::cli {

/// A person's wish as the `order` verb and the demo put it.
struct OrderWish {
  std::string model; ///< a zoo name, or a model file, which is uploaded first
  std::string device;
  std::optional<std::uint64_t> max_ram_bytes;
  std::optional<std::uint64_t> max_rom_bytes;
  bool push = false;
  std::string precision = "int8";
  std::string adapt; ///< what may learn on the device: "last", "all", …; nothing when empty
};

/// Places the order; the answer is the Order object of docs/openapi.yaml.
[[nodiscard]] Expected<nlohmann::json> place_order(HttpClient &client, const OrderWish &wish);

/// Follows an order to its end and calls `on_change` with each new state of it. Fails with the
/// order's own reason when it fails; the last Order object when it is confirmed.
[[nodiscard]] Expected<nlohmann::json>
follow_order(HttpClient &client, std::int64_t id,
             const std::function<void(const nlohmann::json &)> &on_change);

/// "building", "delivering 43,008 of 95,360 bytes", …
[[nodiscard]] std::string describe_order_state(const nlohmann::json &order);

} // namespace tinyml::cli
