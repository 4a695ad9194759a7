// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <string>

namespace tinyml::service {

/// SHA-256 as 64 lower-case hex digits: the name of a blob and of a build.
[[nodiscard]] std::string sha256_hex(ByteView bytes);
[[nodiscard]] std::string to_hex(ByteView bytes);

} // namespace tinyml::service
