// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tinyml::cli {

/// The service's HTTP API (docs/openapi.yaml) from a client's side. An error answer becomes a
/// HostError with the service's own message; a service that does not answer says how to start it.
class HttpClient {
public:
  explicit HttpClient(std::string base_url);
  ~HttpClient();
  HttpClient(const HttpClient &) = delete;
  HttpClient &operator=(const HttpClient &) = delete;

  [[nodiscard]] Expected<nlohmann::json> get(const std::string &path);
  [[nodiscard]] Expected<nlohmann::json> post(const std::string &path, const nlohmann::json &body);
  [[nodiscard]] Expected<std::vector<std::uint8_t>> get_bytes(const std::string &path);
  [[nodiscard]] Expected<std::vector<std::uint8_t>> post_bytes(const std::string &path,
                                                               ByteView body);

private:
  struct Request {
    const std::string &path;
    ByteView body;
    const char *content_type; ///< null for GET
  };
  [[nodiscard]] Expected<std::vector<std::uint8_t>> perform(const Request &request);

  struct Curl;
  std::unique_ptr<Curl> curl_;
  std::string base_url_;
};

/// Percent-encodes one path segment (RFC 3986, section 2.1).
[[nodiscard]] std::string path_segment(std::string_view text);

} // namespace tinyml::cli
