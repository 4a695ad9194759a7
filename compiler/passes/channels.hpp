// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/passes/rewriter.hpp"

/// Layers with one set of weights and one bias per output channel, as the fusing passes see them.
namespace tinyml::passes {

[[nodiscard]] inline bool has_weights(ir::Op op) {
  return op == ir::Op::kConv2d || op == ir::Op::kDepthwiseConv2d || op == ir::Op::kFullyConnected;
}

/// Axis of the channels in the layer's output.
[[nodiscard]] std::size_t channel_axis(const Rewriter &r, const ir::Node &layer);

/// Axis of the output channels in the layer's weights.
[[nodiscard]] std::size_t filter_axis(const ir::Node &layer);

/// The constant's numbers as one per channel of a tensor of this shape, when adding or multiplying
/// the tensor by it does just that.
[[nodiscard]] std::optional<std::vector<float>>
per_channel(const ir::Value &constant, const ir::Shape &tensor, std::size_t axis);

/// The layer's bias; zeros where it has none; nothing when it is not constant.
[[nodiscard]] std::optional<std::vector<float>> constant_bias(const Rewriter &r,
                                                              const ir::Node &layer);

/// The node's only reader's producer: a layer without activation that nobody else reads; else null.
[[nodiscard]] ir::Node *open_layer(Rewriter &r, ir::ValueId id);

} // namespace tinyml::passes
