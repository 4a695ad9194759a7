// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Limits of the stack, set by the linker scripts. A board's start code fills [bottom, its own
/// frame) with kStackPaint before it calls anything deep.
extern "C" {
extern std::uint32_t tinyml_stack_bottom[];
extern std::uint32_t tinyml_stack_top[];
}

namespace tinyml::stack {

inline constexpr std::uint32_t kPaint = 0x5AFE57ACU;

/// Fills the unused stack below `end`, which must lie below every live frame.
inline void paint_below(std::uint32_t *end) {
  for (std::uint32_t *word = tinyml_stack_bottom; word < end; ++word) {
    *static_cast<volatile std::uint32_t *>(word) = kPaint;
  }
}

} // namespace tinyml::stack
