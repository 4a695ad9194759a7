// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

/// Bilinear resizing of codes with ten fraction bits, bit for bit TensorFlow Lite Micro's. Input
/// and output have one quantisation.
namespace tinyml::kernels::reference {

enum class BilinearGrid : std::uint8_t { kAsymmetric, kHalfPixel, kAlignCorners };

/// Between which two input rows (columns) an output row lies, and how far: `fraction` counts 1/1024
/// from `low` on and may lie outside of 0...1024 at the borders, where both are the same row.
struct BilinearPlace {
  std::int32_t low, high, fraction;
};

[[nodiscard]] inline std::vector<BilinearPlace> bilinear_places(std::int32_t in, std::int32_t out,
                                                                BilinearGrid grid) {
  const bool aligned = grid == BilinearGrid::kAlignCorners && out > 1;
  const std::int32_t steps = aligned ? out - 1 : out;
  const std::int32_t scale = ((1 << 10) * (aligned ? in - 1 : in) + steps / 2) / steps;
  std::vector<BilinearPlace> places;
  for (std::int32_t i = 0; i < out; ++i) {
    const std::int32_t at =
        grid == BilinearGrid::kHalfPixel ? i * scale + scale / 2 - (1 << 9) : i * scale;
    const std::int32_t low = at / (1 << 10) > 0 ? at / (1 << 10) : 0;
    const std::int32_t above = (at + (1 << 10) - 1) / (1 << 10);
    places.push_back({low, above < in - 1 ? above : in - 1, at - low * (1 << 10)});
  }
  return places;
}

/// Halves away from zero.
[[nodiscard]] constexpr std::int64_t without_twenty_bits(std::int64_t x) {
  return (x + (x > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20);
}

/// Images are [outer, rows, columns, inner].
struct BilinearShape {
  std::int64_t outer, rows, columns, inner;
};

template <typename T>
void resize_bilinear(const BilinearShape &in, const std::vector<BilinearPlace> &rows,
                     const std::vector<BilinearPlace> &columns, const T *x, T *out) {
  const auto at = [&](std::int64_t o, std::int64_t r, std::int64_t c, std::int64_t i) {
    return std::int64_t{x[((o * in.rows + r) * in.columns + c) * in.inner + i]};
  };
  for (std::int64_t o = 0; o < in.outer; ++o) {
    for (const BilinearPlace &r : rows) {
      for (const BilinearPlace &c : columns) {
        for (std::int64_t i = 0; i < in.inner; ++i) {
          const std::int64_t sum =
              at(o, r.low, c.low, i) * (1024 - r.fraction) * (1024 - c.fraction) +
              at(o, r.high, c.low, i) * r.fraction * (1024 - c.fraction) +
              at(o, r.low, c.high, i) * (1024 - r.fraction) * c.fraction +
              at(o, r.high, c.high, i) * r.fraction * c.fraction;
          *out++ = static_cast<T>(without_twenty_bits(sum));
        }
      }
    }
  }
}

} // namespace tinyml::kernels::reference
