// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/path.hpp"

namespace tinyml::lwm2m {

std::optional<std::uint16_t> parse_path_id(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) {
    return std::nullopt;
  }
  std::uint32_t id = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    id = id * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return id < 0xFFFF ? std::optional<std::uint16_t>(static_cast<std::uint16_t>(id)) : std::nullopt;
}

std::optional<Path> parse_path(std::string_view text) {
  if (!text.empty() && text[0] == '/') {
    text.remove_prefix(1);
  }
  Path path;
  while (!text.empty()) {
    const std::size_t end = text.find('/');
    const auto id = parse_path_id(text.substr(0, end));
    if (!id || path.depth == Path::kMaxDepth || end + 1 == text.size()) {
      return std::nullopt;
    }
    path = path.child(*id);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return path;
}

void put_path(ByteWriter &out, const Path &path) {
  if (path.depth == 0) {
    out.put(static_cast<std::uint8_t>('/'));
  }
  for (std::size_t i = 0; i < path.depth; ++i) {
    out.put(static_cast<std::uint8_t>('/'));
    put_decimal(out, path.ids[i]);
  }
}

} // namespace tinyml::lwm2m
