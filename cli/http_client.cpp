// SPDX-License-Identifier: Apache-2.0
#include "cli/http_client.hpp"

#include "cli/error_words.hpp"

#include <curl/curl.h>

namespace tinyml::cli {
namespace {

using nlohmann::json;

std::size_t append(char *data, std::size_t size, std::size_t count, void *to) {
  auto *bytes = static_cast<std::vector<std::uint8_t> *>(to);
  bytes->insert(bytes->end(), data, data + size * count);
  return size * count;
}

Failure<HostError> service_error(long status, const std::vector<std::uint8_t> &body) {
  const json parsed = json::parse(body.begin(), body.end(), nullptr, false);
  if (!parsed.is_object() || !parsed.contains("error") || !parsed["error"].is_object()) {
    return fail(ErrorCode::kInternal,
                "the service answered with HTTP status " + std::to_string(status));
  }
  const ErrorCode code = code_of_word(parsed["error"].value("code", ""));
  return fail(code, parsed["error"].value("message", "the service refused without a reason"));
}

Expected<json> as_json(Expected<std::vector<std::uint8_t>> body) {
  if (!body.ok()) {
    return Failure{body.error()};
  }
  json parsed = json::parse(body->begin(), body->end(), nullptr, false);
  if (parsed.is_discarded()) {
    return fail(ErrorCode::kInternal,
                "the service's answer is not JSON; is another program listening there?");
  }
  return parsed;
}

} // namespace

struct HttpClient::Curl {
  CURL *handle = curl_easy_init();
  ~Curl() { curl_easy_cleanup(handle); }
};

HttpClient::HttpClient(std::string base_url)
    : curl_(std::make_unique<Curl>()), base_url_(std::move(base_url)) {}
HttpClient::~HttpClient() = default;

Expected<std::vector<std::uint8_t>> HttpClient::perform(const Request &request) {
  std::vector<std::uint8_t> answer;
  const std::string url = base_url_ + request.path;
  CURL *handle = curl_->handle;
  curl_easy_reset(handle);
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, 5L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT, 600L);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
  curl_slist *headers = nullptr;
  if (request.content_type != nullptr) {
    headers =
        curl_slist_append(nullptr, (std::string("Content-Type: ") + request.content_type).c_str());
    headers = curl_slist_append(headers, "Expect:"); // no pause before large bodies
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
  }
  const CURLcode result = curl_easy_perform(handle);
  curl_slist_free_all(headers);
  if (result != CURLE_OK) {
    return fail(ErrorCode::kUnavailable,
                "no service at " + base_url_ + " (" + curl_easy_strerror(result) +
                    "); start it with 'tinyml up' or name another with --service");
  }
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status > 299) {
    return service_error(status, answer);
  }
  return answer;
}

Expected<json> HttpClient::get(const std::string &path) { return as_json(get_bytes(path)); }

Expected<json> HttpClient::post(const std::string &path, const json &body) {
  const std::string text = body.dump();
  return as_json(perform({path, as_bytes(text), "application/json"}));
}

Expected<std::vector<std::uint8_t>> HttpClient::get_bytes(const std::string &path) {
  return perform({path, {}, nullptr});
}

Expected<std::vector<std::uint8_t>> HttpClient::post_bytes(const std::string &path, ByteView body) {
  return perform({path, body, "application/octet-stream"});
}

std::string path_segment(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '.' || byte == '_' ||
                       byte == '~';
    if (plain) {
      encoded += letter;
    } else {
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

} // namespace tinyml::cli
