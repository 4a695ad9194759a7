// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// What training kernels know of their layer at compile time. Activations have the batch innermost:
/// images [height, width, channels, batch], features [features, batch]; filters, weights and biases
/// are as the IR has them. Every kernel takes its layer as a type that converts to one of these
/// (`PerLayer<kLayer3>{}`), so that shapes are constants in its loops.
namespace tinyml::kernels::generic::training {

enum class Activation : std::uint8_t { kNone, kRelu, kRelu6 };

/// Convolution: filter OHWI `[out, kernel_height, kernel_width, input_channels / groups]`, or,
/// where `depthwise`, 1HWO `[1, kernel_height, kernel_width, output_channels]`.
struct Convolution {
  int batch;
  int input_height, input_width, input_channels;
  int output_height, output_width, output_channels;
  int kernel_height, kernel_width;
  int stride_height = 1, stride_width = 1;
  int pad_top = 0, pad_left = 0;
  int dilation_height = 1, dilation_width = 1;
  int groups = 1;
  bool depthwise = false;
  Activation activation = Activation::kNone; ///< of the forward kernel; gradients ignore it

  /// Input channels that an output channel reads, and output channels that read the same ones.
  [[nodiscard]] constexpr int depth() const { return depthwise ? 1 : input_channels / groups; }
  [[nodiscard]] constexpr int group_outputs() const {
    return output_channels / (depthwise ? input_channels : groups);
  }
  [[nodiscard]] constexpr int group_count() const { return output_channels / group_outputs(); }
  /// Elements between neighbouring output channels, respectively taps, of the filter.
  [[nodiscard]] constexpr int filter_output_step() const {
    return depthwise ? 1 : kernel_height * kernel_width * depth();
  }
  [[nodiscard]] constexpr int filter_tap_step() const {
    return depthwise ? output_channels : depth();
  }
  [[nodiscard]] constexpr int filter_size() const {
    return output_channels * kernel_height * kernel_width * depth();
  }
};

struct Pool {
  int batch;
  int input_height, input_width, channels;
  int output_height, output_width;
  int kernel_height, kernel_width;
  int stride_height = 1, stride_width = 1;
  int pad_top = 0, pad_left = 0;
};

/// Weights [outputs, inputs].
struct Dense {
  int batch;
  int inputs, outputs;
  Activation activation = Activation::kNone;
};

/// `rows * channels * batch` values whose bias has `channels`.
struct Biased {
  int batch;
  int rows, channels;
};

struct Classes {
  int batch;
  int classes;
};

struct Elements {
  int count;
};

} // namespace tinyml::kernels::generic::training
