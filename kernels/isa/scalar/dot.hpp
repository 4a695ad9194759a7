// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/scalar/packing.hpp"

#include <cstdint>

/// Products of one tile of output channels. Plain C++; four accumulators, input and weight pointer
/// and a counter fit into the registers of a Cortex-M3.
namespace tinyml::kernels::isa {

using scalar::kOutputTile;

/// Stands where an int8 kernel has an input offset and a float kernel has none.
struct NoOffset {};

[[nodiscard]] inline std::int32_t with_offset(std::int8_t x, std::int32_t offset) {
  return x + offset;
}
[[nodiscard]] inline float with_offset(float x, NoOffset /*offset*/) { return x; }

/// sums[lane] += (x[i] + offset) * weights[i][lane], i ascending: every lane is one dot product in
/// the order of the reference, so float results do not depend on the tile.
template <typename T, typename Accumulator, typename Offset>
inline void multiply_add_tile(Accumulator (&sums)[kOutputTile], const T *x, const T *weights,
                              int count, Offset offset) {
  static_assert(kOutputTile == 4);
  Accumulator a = sums[0];
  Accumulator b = sums[1];
  Accumulator c = sums[2];
  Accumulator d = sums[3];
  for (; count > 0; --count) {
    const Accumulator value = with_offset(*x++, offset);
    a += value * weights[0];
    b += value * weights[1];
    c += value * weights[2];
    d += value * weights[3];
    weights += kOutputTile;
  }
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
}

/// sums[lane] += (x[lane] + offset) * weights[lane]: one tap of a depthwise filter.
template <int Lanes, typename T, typename Accumulator, typename Offset>
inline void multiply_add_lanes(Accumulator *sums, const T *x, const T *weights, Offset offset) {
#pragma GCC unroll 4
  for (int lane = 0; lane < Lanes; ++lane) {
    sums[lane] += with_offset(x[lane], offset) * weights[lane];
  }
}

} // namespace tinyml::kernels::isa
