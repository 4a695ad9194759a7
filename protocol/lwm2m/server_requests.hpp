// SPDX-License-Identifier: Apache-2.0
// Host only: the service uses it.
#pragma once

#include "protocol/lwm2m/object_ids.hpp"
#include "protocol/lwm2m/path.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The server's requests to a client, as the fields of a CoAP message; the binding that owns
/// sockets adds message id and token. Host only.
namespace tinyml::lwm2m {

/// A CoAP request to one client. `uri_path` already begins with the client's root path.
struct ClientRequest {
  std::uint8_t method = 1; ///< CoAP code: 1 GET, 2 POST, 3 PUT, 4 DELETE
  std::vector<std::string> uri_path;
  std::vector<std::string> uri_query;
  std::optional<std::uint16_t> accept;
  std::optional<std::uint16_t> content_format;
  std::optional<std::uint32_t> observe; ///< 0 register, 1 deregister
  std::vector<std::uint8_t> payload;
};

/// Conditions of notifications (Write-Attributes, LwM2M 1.1 core 5.1.2). Absent ones are left as
/// they are.
struct NotifyAttributes {
  std::optional<std::uint32_t> pmin_s;
  std::optional<std::uint32_t> pmax_s;
};

[[nodiscard]] ClientRequest read_request(const Path &path, Format accept,
                                         std::string_view root_path = "");
[[nodiscard]] ClientRequest discover_request(const Path &path, std::string_view root_path = "");
[[nodiscard]] ClientRequest observe_request(const Path &path, Format accept,
                                            std::string_view root_path = "");
[[nodiscard]] ClientRequest cancel_observe_request(const Path &path, Format accept,
                                                   std::string_view root_path = "");
/// Replaces one resource (PUT). Text and opaque are the formats every client takes for a single
/// value.
[[nodiscard]] ClientRequest write_text_request(const Path &path, std::string_view text,
                                               std::string_view root_path = "");
[[nodiscard]] ClientRequest write_opaque_request(const Path &path, ByteView bytes,
                                                 std::string_view root_path = "");
[[nodiscard]] ClientRequest execute_request(const Path &path, std::string_view arguments = "",
                                            std::string_view root_path = "");
[[nodiscard]] ClientRequest write_attributes_request(const Path &path,
                                                     const NotifyAttributes &attributes,
                                                     std::string_view root_path = "");

} // namespace tinyml::lwm2m
