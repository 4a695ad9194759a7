// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

namespace tinyml {

/// CRC-32 (IEEE 802.3, reflected, polynomial 0xEDB88320, as in zlib and Ethernet). Continue a
/// running sum by passing the previous result; start with 0. Bit by bit: small rather than fast.
[[nodiscard]] std::uint32_t crc32(ByteView bytes, std::uint32_t running = 0);

} // namespace tinyml
