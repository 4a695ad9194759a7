// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/uri.hpp"

namespace tinyml::coap {
namespace {

constexpr std::size_t kMaxSegmentBytes = 255; // RFC 7252 section 5.10.1

/// Takes a decimal number up to `max` from the front; nothing when there is none.
std::optional<std::uint32_t> take_number(std::string_view &text, std::uint32_t max) {
  std::uint32_t value = 0;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9' && value <= max) {
    value = value * 10 + static_cast<std::uint32_t>(text[digits++] - '0');
  }
  text.remove_prefix(digits);
  return digits != 0 && value <= max ? std::optional(value) : std::nullopt;
}

bool take(std::string_view &text, std::string_view prefix) {
  const bool found = text.starts_with(prefix);
  text.remove_prefix(found ? prefix.size() : 0);
  return found;
}

bool take_address(std::string_view &text, std::array<std::uint8_t, 4> &address) {
  for (std::size_t i = 0; i < address.size(); ++i) {
    if (i != 0 && !take(text, ".")) {
      return false;
    }
    const auto part = take_number(text, 255);
    if (!part) {
      return false;
    }
    address[i] = static_cast<std::uint8_t>(*part);
  }
  return true;
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Decodes one path segment or query argument; nothing when it is too long or badly encoded.
std::optional<std::size_t> decode(std::string_view text, std::uint8_t *to) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (size == kMaxSegmentBytes) {
      return std::nullopt;
    }
    int byte = static_cast<std::uint8_t>(text[i]);
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return std::nullopt;
      }
      byte = high * 16 + low;
      i += 2;
    }
    to[size++] = static_cast<std::uint8_t>(byte);
  }
  return size;
}

/// Decodes the pieces of `text` between `separator`s into options; without a builder it only
/// checks.
bool add_pieces(MessageBuilder *request, OptionNumber number, std::string_view text,
                char separator) {
  std::uint8_t piece[kMaxSegmentBytes];
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const auto size = decode(std::string_view(text.data(), end), piece);
    if (!size) {
      return false;
    }
    if (request != nullptr) {
      request->option(number, ByteView(piece, *size));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

} // namespace

Result<Uri, UriError> Uri::parse(std::string_view text) {
  Uri uri;
  if (!take(text, "coap://")) {
    return Failure{UriError::kScheme};
  }
  if (!take_address(text, uri.host.address)) {
    return Failure{UriError::kAddress};
  }
  uri.host.port = kDefaultPort;
  if (take(text, ":") && !text.empty() && text.front() != '/') {
    const auto port = take_number(text, 65535);
    if (!port || *port == 0) {
      return Failure{UriError::kPort};
    }
    uri.host.port = static_cast<std::uint16_t>(*port);
  }
  if (!text.empty() && text.front() != '/' && text.front() != '?') {
    return Failure{UriError::kAddress};
  }
  take(text, "/");
  const std::size_t query_at = std::min(text.find('?'), text.size());
  uri.path = std::string_view(text.data(), query_at);
  uri.query = text;
  uri.query.remove_prefix(std::min(query_at + 1, text.size()));
  if (text.find('#') != std::string_view::npos ||
      !add_pieces(nullptr, OptionNumber::kUriPath, uri.path, '/') ||
      !add_pieces(nullptr, OptionNumber::kUriQuery, uri.query, '&')) {
    return Failure{UriError::kPath};
  }
  return uri;
}

void Uri::add_to(MessageBuilder &request) const {
  add_pieces(&request, OptionNumber::kUriPath, path, '/');
  add_pieces(&request, OptionNumber::kUriQuery, query, '&');
}

} // namespace tinyml::coap
