// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// The program's one stack: how much was reserved by the linker script and how much was ever used.
/// The board's start code paints it, so the figure covers everything since the start.
namespace tinyml::stack {

[[nodiscard]] std::size_t reserved_bytes();
/// Deepest use so far. A frame that was reserved but never written to is not seen.
[[nodiscard]] std::size_t high_water_bytes();

} // namespace tinyml::stack
