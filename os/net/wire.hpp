// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/net/address.hpp"

#include <cstddef>

namespace tinyml::net {

/// Network-order access without alignment needs, out of line on purpose: the codecs call these some
/// forty times, and a call is half the size of the inlined loads and shifts.
[[nodiscard]] std::uint32_t get_be16(const std::uint8_t *from);
[[nodiscard]] std::uint32_t get_be32(const std::uint8_t *from);
void put_be16(std::uint8_t *to, std::uint32_t value);
void put_be32(std::uint8_t *to, std::uint32_t value);

[[nodiscard]] inline Ipv4Address get_address(const std::uint8_t *from) { return {get_be32(from)}; }
inline void put_address(std::uint8_t *to, Ipv4Address address) { put_be32(to, address.bits); }
[[nodiscard]] MacAddress get_mac(const std::uint8_t *from);
void put_mac(std::uint8_t *to, const MacAddress &mac);

} // namespace tinyml::net
