// SPDX-License-Identifier: Apache-2.0
// Host only: the taps are computed once and stand in tables on a device.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

/// Resize as ONNX defines it, axis by axis: every output position is a weighted sum of a few input
/// positions (one for nearest, two for linear, four for cubic).
namespace tinyml::kernels::reference {

enum class ResizeMode : std::uint8_t { kNearest, kLinear, kCubic };
enum class ResizeCoordinates : std::uint8_t {
  kHalfPixel,
  kHalfPixelSymmetric,
  kPytorchHalfPixel,
  kTfHalfPixelForNn,
  kAlignCorners,
  kAsymmetric,
  kCropAndResize,
};
enum class ResizeRounding : std::uint8_t { kPreferFloor, kPreferCeil, kFloor, kCeil };

/// One axis: `scale` is output size / input size as the model says it.
struct ResizeAxis {
  std::int64_t in, out;
  double scale;
  double crop_begin = 0, crop_end = 1; ///< of kCropAndResize, as parts of the input
};

struct ResizeRules {
  ResizeMode mode = ResizeMode::kNearest;
  ResizeCoordinates coordinates = ResizeCoordinates::kHalfPixel;
  ResizeRounding rounding = ResizeRounding::kPreferFloor;
  double cubic_a = -0.75;
  bool exclude_outside = false; ///< taps outside weigh nothing, the others share their weight
};

/// `count` entries an output position. A position outside of a crop has index -1 everywhere.
struct ResizeTaps {
  std::int64_t count;
  std::vector<std::int32_t> indices;
  std::vector<float> weights;
};

/// Where output position `i` lies in the input.
[[nodiscard]] inline double resize_coordinate(const ResizeRules &rules, const ResizeAxis &axis,
                                              std::int64_t i) {
  const auto x = static_cast<double>(i);
  const auto in = static_cast<double>(axis.in);
  const auto out = static_cast<double>(axis.out);
  switch (rules.coordinates) {
  case ResizeCoordinates::kHalfPixel:
    return (x + 0.5) / axis.scale - 0.5;
  case ResizeCoordinates::kHalfPixelSymmetric: {
    const double offset = in / 2 * (1 - out / (axis.scale * in));
    return offset + (x + 0.5) / axis.scale - 0.5;
  }
  case ResizeCoordinates::kPytorchHalfPixel:
    return axis.out > 1 ? (x + 0.5) / axis.scale - 0.5 : 0;
  case ResizeCoordinates::kTfHalfPixelForNn:
    return (x + 0.5) / axis.scale;
  case ResizeCoordinates::kAlignCorners: // ONNX does not round the output's length here
    return axis.out > 1 && axis.scale * in > 1 ? x * (in - 1) / (axis.scale * in - 1) : 0;
  case ResizeCoordinates::kAsymmetric:
    return x / axis.scale;
  case ResizeCoordinates::kCropAndResize:
    break;
  }
  return axis.out > 1 ? axis.crop_begin * (in - 1) +
                            x * (axis.crop_end - axis.crop_begin) * (in - 1) / (out - 1)
                      : 0.5 * (axis.crop_begin + axis.crop_end) * (in - 1);
}

[[nodiscard]] inline double rounded_coordinate(ResizeRounding rounding, double x) {
  const double below = std::floor(x);
  switch (rounding) {
  case ResizeRounding::kPreferFloor:
    return x - below > 0.5 ? below + 1 : below;
  case ResizeRounding::kPreferCeil:
    return x - below >= 0.5 ? below + 1 : below;
  case ResizeRounding::kFloor:
    return below;
  case ResizeRounding::kCeil:
    break;
  }
  return std::ceil(x);
}

/// Weights of the four neighbours -1, 0, 1, 2 at a distance of `t` behind neighbour 0.
[[nodiscard]] inline std::vector<double> cubic_weights(double t, double a) {
  const auto near = [a](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [a](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  return {far(t + 1), near(t), near(1 - t), far(2 - t)};
}

/// First neighbour and the weights of it and those that follow.
[[nodiscard]] inline std::vector<double> neighbours(const ResizeRules &rules, double coordinate,
                                                    double &first) {
  first = std::floor(coordinate);
  const double t = coordinate - first;
  switch (rules.mode) {
  case ResizeMode::kNearest:
    first = rounded_coordinate(rules.rounding, coordinate);
    return {1};
  case ResizeMode::kLinear:
    return {1 - t, t};
  case ResizeMode::kCubic:
    break;
  }
  first -= 1;
  return cubic_weights(t, rules.cubic_a);
}

[[nodiscard]] inline ResizeTaps resize_taps(const ResizeRules &rules, const ResizeAxis &axis) {
  ResizeTaps taps{
      rules.mode == ResizeMode::kNearest ? 1 : (rules.mode == ResizeMode::kLinear ? 2 : 4), {}, {}};
  const auto last = static_cast<double>(axis.in - 1);
  for (std::int64_t i = 0; i < axis.out; ++i) {
    const double coordinate = resize_coordinate(rules, axis, i);
    double first = 0;
    std::vector<double> weights = neighbours(rules, coordinate, first);
    const bool cropped_off = rules.coordinates == ResizeCoordinates::kCropAndResize &&
                             (coordinate < 0 || coordinate > last);
    double total = 0;
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const double position = first + static_cast<double>(k);
      weights[k] = rules.exclude_outside && (position < 0 || position > last) ? 0 : weights[k];
      total += weights[k];
      const double inside = std::min(std::max(position, 0.0), last);
      taps.indices.push_back(cropped_off ? -1 : static_cast<std::int32_t>(inside));
    }
    for (const double weight : weights) {
      taps.weights.push_back(static_cast<float>(total != 0 ? weight / total : weight));
    }
  }
  return taps;
}

/// x [outer, rows, columns, inner].
struct ResizeShape {
  std::int64_t outer, in_rows, in_columns, out_rows, out_columns, inner;
};

/// Copies elements of any type; for mode nearest.
template <typename T>
void resize_nearest(const ResizeShape &s, const ResizeTaps &rows, const ResizeTaps &columns,
                    T outside, const T *x, T *out) {
  for (std::int64_t o = 0; o < s.outer; ++o, x += s.in_rows * s.in_columns * s.inner) {
    for (std::int64_t r = 0; r < s.out_rows; ++r) {
      for (std::int64_t c = 0; c < s.out_columns; ++c) {
        const std::int64_t row = rows.indices[static_cast<std::size_t>(r)];
        const std::int64_t column = columns.indices[static_cast<std::size_t>(c)];
        const T *from = x + (row * s.in_columns + column) * s.inner;
        for (std::int64_t i = 0; i < s.inner; ++i) {
          *out++ = row < 0 || column < 0 ? outside : from[i];
        }
      }
    }
  }
}

inline void resize_weighted(const ResizeShape &s, const ResizeTaps &rows, const ResizeTaps &columns,
                            float outside, const float *x, float *out) {
  for (std::int64_t o = 0; o < s.outer; ++o, x += s.in_rows * s.in_columns * s.inner) {
    for (std::int64_t at = 0; at < s.out_rows * s.out_columns; ++at) {
      const auto first_row = static_cast<std::size_t>(at / s.out_columns * rows.count);
      const auto first_column = static_cast<std::size_t>(at % s.out_columns * columns.count);
      const bool is_outside = rows.indices[first_row] < 0 || columns.indices[first_column] < 0;
      for (std::int64_t i = 0; i < s.inner; ++i) {
        float sum = 0;
        for (std::size_t r = first_row; r < first_row + static_cast<std::size_t>(rows.count); ++r) {
          float line = 0;
          for (std::size_t c = first_column;
               c < first_column + static_cast<std::size_t>(columns.count); ++c) {
            const std::int64_t from = rows.indices[r] * s.in_columns + columns.indices[c];
            line += is_outside ? 0 : columns.weights[c] * x[from * s.inner + i];
          }
          sum += rows.weights[r] * line;
        }
        *out++ = is_outside ? outside : sum;
      }
    }
  }
}

} // namespace tinyml::kernels::reference
