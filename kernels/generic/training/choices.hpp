// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/shapes.hpp"

#include <cstdint>

namespace tinyml::kernels::generic::training {

/// The pooled outputs of a convolution with a 2 x 2 maximum behind it, and which of the four
/// positions each comes from: number 0 to 3, row by row, in two planes of one bit an output (the
/// low bits of all, then the high bits), output [row, column, channel, sample] i in bit i % 8 of
/// byte i / 8. The rows and columns that are left over where the convolution's size is odd belong
/// to no window.
[[nodiscard]] constexpr int pooled_height(const Convolution &shape) {
  return shape.output_height / 2;
}
[[nodiscard]] constexpr int pooled_width(const Convolution &shape) {
  return shape.output_width / 2;
}
[[nodiscard]] constexpr int pooled_count(const Convolution &shape) {
  return pooled_height(shape) * pooled_width(shape) * shape.output_channels * shape.batch;
}
[[nodiscard]] constexpr int choice_plane_bytes(const Convolution &shape) {
  return (pooled_count(shape) + 7) / 8;
}
/// Of both planes.
[[nodiscard]] constexpr int choice_bytes(const Convolution &shape) {
  return 2 * choice_plane_bytes(shape);
}

template <const Convolution &kShape>
[[nodiscard]] inline int choice_at(const std::uint8_t *choices, int i) {
  const int low = choices[i / 8] >> (i % 8) & 1;
  const int high = choices[choice_plane_bytes(kShape) + i / 8] >> (i % 8) & 1;
  return low + 2 * high;
}

inline void set_bit(std::uint8_t *bits, int i, int value) {
  const int others = bits[i / 8] & ~(1 << (i % 8));
  bits[i / 8] = static_cast<std::uint8_t>(others | value << (i % 8));
}

template <const Convolution &kShape>
inline void set_choice(std::uint8_t *choices, int i, int choice) {
  set_bit(choices, i, choice & 1);
  set_bit(choices + choice_plane_bytes(kShape), i, choice >> 1);
}

} // namespace tinyml::kernels::generic::training
