// SPDX-License-Identifier: Apache-2.0
#include "base/crc32.hpp"

namespace tinyml {

std::uint32_t crc32(ByteView bytes, std::uint32_t running) {
  std::uint32_t crc = ~running;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    }
  }
  return ~crc;
}

} // namespace tinyml
