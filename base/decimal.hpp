// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <cstdint>

namespace tinyml {

/// Writes a number in decimal.
void put_decimal(ByteWriter &out, std::uint64_t number);

} // namespace tinyml
