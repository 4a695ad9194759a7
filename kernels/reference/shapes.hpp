// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/requantize.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

/// Shapes that the reference kernels take. Images are NHWC, filters OHWI, depthwise filters 1HWO.
namespace tinyml::kernels::reference {

struct Image {
  std::int32_t batches, height, width, channels;

  [[nodiscard]] std::size_t offset(std::int32_t n, std::int32_t y, std::int32_t x,
                                   std::int32_t c) const {
    const std::int64_t row = static_cast<std::int64_t>(n) * height + y;
    return static_cast<std::size_t>((row * width + x) * channels + c);
  }
};

struct WindowShape {
  std::int32_t kernel_h, kernel_w;
  std::int32_t stride_h = 1, stride_w = 1;
  std::int32_t dilation_h = 1, dilation_w = 1;
  std::int32_t pad_top = 0, pad_left = 0;
};

struct Conv2dShape {
  Image in;
  Image out;
  WindowShape window;
  std::int32_t groups = 1;
};

struct Pool2dShape {
  Image in;
  Image out;
  WindowShape window;
};

/// Kernel positions [begin, end) whose input position origin + k * dilation lies inside [0, size).
struct KernelRange {
  std::int32_t begin, end;
};

[[nodiscard]] inline KernelRange kernel_range(std::int32_t origin, std::int32_t dilation,
                                              std::int32_t kernel, std::int32_t size) {
  const std::int32_t begin = origin >= 0 ? 0 : (-origin + dilation - 1) / dilation;
  const std::int32_t end = size <= origin ? 0 : (size - origin + dilation - 1) / dilation;
  return {begin, std::min(kernel, end)};
}

/// Clamp of a float activation; infinite where there is none.
struct FloatClamp {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();

  [[nodiscard]] float operator()(float x) const { return std::min(std::max(x, low), high); }
};

/// How an int8 layer turns accumulators into outputs. `multipliers` has one entry per output
/// channel.
struct Int8Output {
  const Multiplier *multipliers;
  std::int32_t zero_point;
  std::int32_t low = -128, high = 127;

  [[nodiscard]] std::int8_t operator()(std::int32_t accumulator, std::int32_t channel) const {
    return requantize(accumulator, multipliers[channel], zero_point, low, high);
  }
};

} // namespace tinyml::kernels::reference
