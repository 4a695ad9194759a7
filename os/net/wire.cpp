// SPDX-License-Identifier: Apache-2.0
#include "os/net/wire.hpp"

#include <cstring>

namespace tinyml::net {

namespace bytewise {

std::uint32_t get_be16(const std::uint8_t *from) {
  return (static_cast<std::uint32_t>(from[0]) << 8) | from[1];
}

std::uint32_t get_be32(const std::uint8_t *from) {
  return (get_be16(from) << 16) | get_be16(from + 2);
}

void put_be16(std::uint8_t *to, std::uint32_t value) {
  to[0] = static_cast<std::uint8_t>(value >> 8);
  to[1] = static_cast<std::uint8_t>(value);
}

void put_be32(std::uint8_t *to, std::uint32_t value) {
  put_be16(to, value >> 16);
  put_be16(to + 2, value);
}

} // namespace bytewise

MacAddress get_mac(const std::uint8_t *from) {
  MacAddress mac;
  std::memcpy(mac.data(), from, mac.size());
  return mac;
}

void put_mac(std::uint8_t *to, const MacAddress &mac) { std::memcpy(to, mac.data(), mac.size()); }

} // namespace tinyml::net
