// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::kernels {

/// An index into an axis: negative ones count from the end, and one outside of the axis is moved to
/// its nearest end, so that no computed index can reach foreign memory.
template <typename Index>
[[nodiscard]] constexpr std::int32_t safe_index(Index index, std::int32_t length) {
  const Index counted = index < 0 ? static_cast<Index>(index + static_cast<Index>(length)) : index;
  return counted < 0 ? 0
                     : (counted >= static_cast<Index>(length) ? length - 1
                                                              : static_cast<std::int32_t>(counted));
}

} // namespace tinyml::kernels
