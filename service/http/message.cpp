// SPDX-License-Identifier: Apache-2.0
#include "service/http/message.hpp"

#include <algorithm>

namespace tinyml::service {
namespace {

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

unsigned status_of(ErrorCode code) {
  switch (code) {
  case ErrorCode::kInvalidInput:
    return 400;
  case ErrorCode::kUnsupported:
  case ErrorCode::kDoesNotFit:
    return 422;
  case ErrorCode::kNotFound:
    return 404;
  case ErrorCode::kConflict:
    return 409;
  case ErrorCode::kUnavailable:
    return 503;
  case ErrorCode::kResourceFull:
    return 507;
  case ErrorCode::kInternal:
    break;
  }
  return 500;
}

} // namespace

std::optional<std::string> HttpRequest::parameter(const std::string &name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::nullopt : std::optional(found->second);
}

HttpResponse json_response(const nlohmann::json &body, unsigned status) {
  // Device names and diagnostics are bytes from the network: what is no UTF-8 is replaced.
  return {.status = status,
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"};
}

HttpResponse binary_response(std::string body) {
  return {.content_type = "application/octet-stream", .body = std::move(body)};
}

HttpResponse error_response(unsigned status, std::string_view code, std::string_view message) {
  return json_response({{"error", {{"code", code}, {"message", message}}}}, status);
}

HttpResponse error_response(const HostError &error) {
  return error_response(status_of(error.code), code_word(error.code), error.message);
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char byte = text[i];
    if (byte == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
      if (low < 0) {
        return std::nullopt;
      }
      byte = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (byte == '\0') {
      return std::nullopt;
    }
    decoded += byte;
  }
  return decoded;
}

std::optional<std::map<std::string, std::string>> parse_query(std::string_view text) {
  std::map<std::string, std::string> parsed;
  while (!text.empty()) {
    std::string part(text.substr(0, text.find('&')));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    std::ranges::replace(part, '+', ' ');
    const std::size_t equals = std::min(part.find('='), part.size());
    const auto name = percent_decode(std::string_view(part).substr(0, equals));
    const auto value =
        percent_decode(std::string_view(part).substr(std::min(equals + 1, part.size())));
    if (!name || !value) {
      return std::nullopt;
    }
    parsed[*name] = *value;
  }
  return parsed;
}

} // namespace tinyml::service
