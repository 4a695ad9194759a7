// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_finish.hpp"

namespace tinyml::kernels::isa {

/// See finish_tile_plain.
template <typename Arithmetic, typename Sums, typename T>
inline void finish_tile(const Arithmetic &arithmetic, const Sums &sums, int channel, int count,
                        int positions, T *output, int step) {
  finish_tile_plain(arithmetic, sums, channel, count, positions, output, step);
}

} // namespace tinyml::kernels::isa
