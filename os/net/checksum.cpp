// SPDX-License-Identifier: Apache-2.0
#include "os/net/checksum.hpp"

namespace tinyml::net {

std::uint32_t checksum_add(std::uint32_t sum, ByteView bytes) {
  const std::uint8_t *at = bytes.data();
  const std::uint8_t *const end = at + (bytes.size() & ~std::size_t{1});
  // 64 KB of 0xFF add less than 2^31, so the sum needs no folding on the way.
  for (; at != end; at += 2) {
    sum += (static_cast<std::uint32_t>(at[0]) << 8) | at[1];
  }
  if ((bytes.size() & 1) != 0) {
    sum += static_cast<std::uint32_t>(*at) << 8;
  }
  return sum;
}

std::uint16_t checksum_finish(std::uint32_t sum) {
  sum = (sum & 0xFFFF) + (sum >> 16);
  sum += sum >> 16;
  return static_cast<std::uint16_t>(~sum);
}

} // namespace tinyml::net
