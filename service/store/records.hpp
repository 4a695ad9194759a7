// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the store holds, as plain values. Times are milliseconds since 1970.
namespace tinyml::service {

using Json = nlohmann::json;
using TimeMs = std::int64_t;

/// In front of the hash of a blob of float32 samples, where a model has its own instead of a data
/// set.
inline constexpr std::string_view kSamplesPrefix = "sha256:";

struct ModelRecord {
  std::string name;
  std::string title;
  std::string origin; ///< "zoo" or "upload"
  std::string sha256;
  std::int64_t size_bytes = 0;
  std::optional<std::string> dataset; ///< a name, or kSamplesPrefix and a hash
  TimeMs created_ms = 0;
  Json metadata = Json::object();
};

struct DeviceRecord {
  std::string endpoint;
  std::string address; ///< "a.b.c.d:port" it was last heard from; "" after a deregistration
  std::string lwm2m_version;
  std::string binding;
  std::int64_t lifetime_s = 0;
  TimeMs registered_ms = 0;
  TimeMs last_seen_ms = 0;
  Json objects = Json::array(); ///< "/3/0", …
  Json registration; ///< what else restores it after a restart of the service; null when it is gone
  Json profile;      ///< null until it has been read
  std::optional<std::string> running_build;
  std::optional<std::string> running_model;
  std::optional<std::string> running_version;
  Json result; ///< last inference result, or null
};

enum class BuildState { kBuilding, kBuilt, kFailed };

struct BuildRecord {
  std::string id; ///< SHA-256 of all that determines it, 64 hex digits
  BuildState state = BuildState::kBuilding;
  std::string model;
  std::string board;
  std::string precision;
  TimeMs created_ms = 0;
  std::optional<std::int64_t> build_ms;
  std::optional<std::string> image_sha256;
  std::optional<std::int64_t> image_bytes;
  std::optional<std::string> module_sha256;
  std::optional<std::string> version; ///< firmware version written into the image
  Json report;                        ///< null until built
  Json error;                         ///< null unless failed
};

/// The linked program behind an image, kept to put names to addresses.
struct SymbolsRecord {
  std::string image; ///< first 8 bytes of the image's SHA-256, 16 hex digits
  std::string elf_sha256;
  std::string board;
  std::string addr2line; ///< of the toolchain that made it
  std::optional<std::string> build;
};

/// A crash that a device told after its restart.
struct CrashEntry {
  std::int64_t id = 0;
  std::string endpoint;
  TimeMs at_ms = 0; ///< when it was told
  std::vector<std::uint8_t> record;
};

enum class OrderState {
  kReceived,
  kBuilding,
  kBuilt,
  kDelivering,
  kVerifying,
  kRebooting,
  kConfirmed,
  kFailed,
  kSuperseded,
};

struct OrderStep {
  OrderState state = OrderState::kReceived;
  TimeMs at_ms = 0;
  std::string note;
};

struct OrderRecord {
  std::int64_t id = 0;
  std::string model;
  std::string model_sha256; ///< the bytes that were ordered, whatever the name means later
  std::string device;
  std::optional<std::int64_t> max_ram_bytes;
  std::optional<std::int64_t> max_rom_bytes;
  bool push = false;
  std::string precision = "int8";
  OrderState state = OrderState::kReceived;
  Json reason; ///< null unless failed
  std::optional<std::string> build;
  bool cached = false;
  std::int64_t sent_bytes = 0;
  TimeMs created_ms = 0;
  TimeMs updated_ms = 0;
  std::optional<TimeMs> confirmed_ms;
};

/// One request and its answer between the service and a device.
struct ExchangeRecord {
  TimeMs at_ms = 0;
  bool inbound = false; ///< the device asked
  std::string method;
  std::string path;
  std::string code;
  std::int64_t request_bytes = 0;
  std::int64_t response_bytes = 0;
  std::int64_t duration_us = 0;
  std::string note;
};

/// JSON as text; bytes that are no UTF-8 (names and diagnostics come from the network) are
/// replaced.
[[nodiscard]] std::string text_of(const Json &json);

[[nodiscard]] std::string_view to_string(OrderState state);
[[nodiscard]] std::string_view to_string(BuildState state);
/// Whether nothing more happens to an order in this state (but kConfirmed → kSuperseded).
[[nodiscard]] bool is_final(OrderState state);

} // namespace tinyml::service
