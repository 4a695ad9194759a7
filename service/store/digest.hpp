// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <string>
#include <vector>

namespace tinyml::service {

/// SHA-256 as 64 lower-case hex digits: the name of a blob and of a build.
[[nodiscard]] std::string sha256_hex(ByteView bytes);
[[nodiscard]] std::string to_hex(ByteView bytes);
/// Ends at the first character that is no digit.
[[nodiscard]] std::vector<std::uint8_t> from_hex(std::string_view digits);

} // namespace tinyml::service
