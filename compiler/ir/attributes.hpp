// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/types.hpp"

#include <array>
#include <limits>

/// Typed access to attributes with the defaults of docs/ir.md. The verifier has checked kinds and
/// values; on a graph that was not verified these functions still return something of the right
/// form.
namespace tinyml::ir {

enum class Layout : std::uint8_t {
  kNhwc,
  kNchw,
  kHwcn, ///< batch innermost, as training steps have it; filters are OHWI
};
enum class Activation : std::uint8_t { kNone, kRelu, kRelu6 };

[[nodiscard]] std::int64_t int_attribute(const Node &node, const std::string &name,
                                         std::int64_t otherwise);
[[nodiscard]] double double_attribute(const Node &node, const std::string &name, double otherwise);
[[nodiscard]] std::string text_attribute(const Node &node, const std::string &name,
                                         const std::string &otherwise);
[[nodiscard]] std::vector<std::int64_t> ints_attribute(const Node &node, const std::string &name,
                                                       const std::vector<std::int64_t> &otherwise);

[[nodiscard]] Layout layout_of(const Node &node);
[[nodiscard]] Activation activation_of(const Node &node);
void set_activation(Node &node, Activation activation);

/// A sliding window over H and W: of a convolution (kernel size from its filter) or a pool.
struct Window {
  std::int64_t kernel_h = 1, kernel_w = 1;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
};

/// `filter` is the filter's shape for convolutions; pools do not look at it.
[[nodiscard]] Window window_of(const Node &node, const Shape &filter);

/// Where N, H, W and C are in a 4-dimensional shape of this layout.
struct ImageAxes {
  std::size_t n, h, w, c;
};
[[nodiscard]] constexpr ImageAxes image_axes(Layout layout) {
  return layout == Layout::kNhwc   ? ImageAxes{0, 1, 2, 3}
         : layout == Layout::kNchw ? ImageAxes{0, 2, 3, 1}
                                   : ImageAxes{3, 0, 1, 2};
}

/// What an int8 output with this (per-tensor) quantisation is clamped to by the activation.
[[nodiscard]] Range activation_range(Activation activation, const Quantization &output);

/// The same for real bounds, as `clip` and `relu` need them.
[[nodiscard]] Range clamp_range(double low, double high, const Quantization &output);

/// The same for an output of this type, int8 or int16.
[[nodiscard]] Range activation_range(Activation activation, const TensorType &output);
[[nodiscard]] Range clamp_range(double low, double high, const TensorType &output);

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

} // namespace tinyml::ir
