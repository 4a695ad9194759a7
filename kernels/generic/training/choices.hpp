// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/shapes.hpp"

#include <cstdint>
#include <cstring>
#include <type_traits>

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

/// The bits of every bundle of `Width` outputs are whole bytes.
template <const Convolution &kShape, int Width>
inline constexpr bool kWholeBytes = Width % 8 == 0 && kShape.batch % 8 == 0;

/// `Width` bits from bit `i` on.
template <int Width>
[[nodiscard, gnu::always_inline]] inline std::uint32_t bits_at(const std::uint8_t *bits, int i) {
  static_assert(Width == 8 || Width == 16);
  std::conditional_t<Width == 8, std::uint8_t, std::uint16_t> of;
  std::memcpy(&of, bits + i / 8, sizeof of);
  return of;
}

template <const Convolution &kShape>
[[nodiscard]] inline int choice_at(const std::uint8_t *choices, int i) {
  const int low = choices[i / 8] >> (i % 8) & 1;
  const int high = choices[choice_plane_bytes(kShape) + i / 8] >> (i % 8) & 1;
  return low + 2 * high;
}

template <int Width> inline void set_bits(std::uint8_t *to, int i, std::uint32_t bits) {
  for (int lane = 0; lane < Width; ++lane, ++i) {
    const auto bit = static_cast<int>(bits >> static_cast<unsigned>(lane) & 1U);
    to[i / 8] = static_cast<std::uint8_t>((to[i / 8] & ~(1 << (i % 8))) | bit << (i % 8));
  }
}

/// Of the outputs from `i` on.
template <const Convolution &kShape, int Width>
inline void set_choices(std::uint8_t *choices, int i, std::uint32_t low, std::uint32_t high) {
  if constexpr (kWholeBytes<kShape, Width>) { // little endian, as every target
    std::memcpy(choices + i / 8, &low, Width / 8);
    std::memcpy(choices + choice_plane_bytes(kShape) + i / 8, &high, Width / 8);
  } else {
    set_bits<Width>(choices, i, low);
    set_bits<Width>(choices + choice_plane_bytes(kShape), i, high);
  }
}

} // namespace tinyml::kernels::generic::training
