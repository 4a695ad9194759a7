// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/codegen/layer.hpp"

/// Calls of kernels/generic/training.
namespace tinyml::codegen {

/// A function of kernels/generic/training, the header that has it, and the type of its layer.
struct TrainingKernel {
  std::string header, function, type;
};

/// The call of one kernel; `arguments` follow the layer's parameters.
[[nodiscard]] Layer training_layer(const TrainingKernel &kernel, Fields parameters,
                                   std::vector<std::string> arguments);

/// Moves the arrays that `from` collected while the arguments were written to the layer.
[[nodiscard]] Layer with_weights(Layer layer, Layer &from);

/// A convolution between images [height, width, channels, batch].
struct TrainedConvolution {
  ir::Shape x, y;
  ir::Window window;
  bool depthwise = false;
  std::int64_t depth = 1; ///< input channels that one output reads
};

[[nodiscard]] Fields fields_of(const ir::Node &node, const TrainedConvolution &convolution);
[[nodiscard]] std::uint64_t macs_of(const TrainedConvolution &convolution);
/// A pool's or convolution's window, as its struct has it.
void add_window(Fields &fields, const ir::Window &window);

/// Weights [outputs, inputs].
[[nodiscard]] Fields dense_fields(const ir::Node &node, const ir::Shape &weights,
                                  std::int64_t batch);

/// The third input, or "nullptr".
[[nodiscard]] std::string optional_bias(const LayerContext &context, Layer &layer);

/// Operators that several others were fused into.
[[nodiscard]] Expected<Layer> make_fused_training(const LayerContext &context);

} // namespace tinyml::codegen
