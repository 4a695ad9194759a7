// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/hal.hpp"

#include <span>

/// Beside os/hal.hpp, for programs that read a lot.
namespace tinyml::hal {

/// One of several reads.
struct StoreRead {
  std::uint32_t offset;
  std::uint32_t size_bytes;
  std::uint8_t *to;
};

/// store_read() one after the other until one fails; at once where asking costs more than reading.
/// Boards without such a cost take os/drivers/store_read_all.cpp.
[[nodiscard]] Status store_read_all(std::span<const StoreRead> reads);

} // namespace tinyml::hal
