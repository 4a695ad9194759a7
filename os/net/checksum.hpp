// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

namespace tinyml::net {

/// Adds bytes to a running ones' complement sum of big-endian 16-bit words (RFC 1071). An odd last
/// byte counts as the high half of a word, so only the last piece of a message may be odd.
[[nodiscard]] std::uint32_t checksum_add(std::uint32_t sum, ByteView bytes);

/// Folds a running sum into the checksum field's value. Over a message that contains its own
/// correct checksum the result is 0.
[[nodiscard]] std::uint16_t checksum_finish(std::uint32_t sum);

} // namespace tinyml::net
