// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tinyml::service {

/// A request as the routes see it: percent-decoded, its body within the route's limit.
struct HttpRequest {
  std::string method;                        ///< "GET", "POST"
  std::string path;                          ///< raw, without the query
  std::map<std::string, std::string> values; ///< the {names} of the route's pattern
  std::map<std::string, std::string> query;
  std::optional<std::uint64_t> last_event_id;
  std::string body;

  [[nodiscard]] const std::string &value(const std::string &name) const { return values.at(name); }
  [[nodiscard]] std::optional<std::string> parameter(const std::string &name) const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool event_stream = false; ///< instead of a body: server-sent events from now on
};

/// Answers one request, now or later, from the loop's thread; the first call counts.
using Respond = std::function<void(HttpResponse)>;

[[nodiscard]] HttpResponse json_response(const nlohmann::json &body, unsigned status = 200);
[[nodiscard]] HttpResponse binary_response(std::string body);
/// `{"error": {"code", "message"}}`.
[[nodiscard]] HttpResponse error_response(unsigned status, std::string_view code,
                                          std::string_view message);
[[nodiscard]] HttpResponse error_response(const HostError &error);

/// Undoes percent-encoding; nothing for a broken one or for a NUL byte.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
/// "a=1&b=2" (also '+' for a space); nothing when a part is broken.
[[nodiscard]] std::optional<std::map<std::string, std::string>> parse_query(std::string_view text);

} // namespace tinyml::service
