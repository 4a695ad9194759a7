// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/ir/graph.hpp"

#include <span>
#include <string_view>

/// Graph-to-graph passes. Each takes a verified graph and leaves a verified one that computes the
/// same; names, shapes and layout of the graph's inputs and outputs never change.
namespace tinyml::passes {

/// Brings a frontend's graph to the canonical form of docs/ir.md.
[[nodiscard]] Expected<void> run_default_passes(ir::Graph &graph);

/// The same but that batch normalisation stays an operator, for compiler/autodiff: what it
/// normalises with is learned.
[[nodiscard]] Expected<void> run_training_passes(ir::Graph &graph);

using Pass = Expected<void> (*)(ir::Graph &);
struct NamedPass {
  std::string_view name;
  Pass run;
};
/// What run_default_passes runs, in order.
[[nodiscard]] std::span<const NamedPass> default_passes();

/// Quantise/dequantise pairs become the quantisation of the float value they stand around, which
/// quantize::quantize then keeps. Constants are dequantised and remember their scales.
[[nodiscard]] Expected<void> absorb_fake_quantization(ir::Graph &graph);

/// Nodes with constant inputs become constants, within a budget of time and memory.
[[nodiscard]] Expected<void> fold_constants(ir::Graph &graph);

/// Drops operators that change nothing and joins neighbours that one can do: reshape after reshape,
/// transpose after transpose, clamp after clamp; a transpose that moves no element becomes a
/// reshape.
[[nodiscard]] Expected<void> simplify(ir::Graph &graph);

/// matmul with constant right side → fully_connected.
[[nodiscard]] Expected<void> make_fully_connected(ir::Graph &graph);

/// Adding a constant per channel right behind a convolution or a fully connected layer → its bias.
[[nodiscard]] Expected<void> fuse_bias(ir::Graph &graph);

/// Batch normalisation behind a convolution or a fully connected layer → its weights and bias.
[[nodiscard]] Expected<void> fuse_batch_norm(ir::Graph &graph);

/// Every other batch normalisation → a depthwise 1×1 convolution.
[[nodiscard]] Expected<void> lower_batch_norm(ir::Graph &graph);

/// relu and clip(0, 6) behind convolution, fully_connected, add, sub, mul → their activation.
[[nodiscard]] Expected<void> fuse_activation(ir::Graph &graph);

/// Zero padding of H and W before a convolution, neutral padding before a maximum pool → its pads.
[[nodiscard]] Expected<void> fold_pad(ir::Graph &graph);

/// Channels-first operators → channels-last ones with OHWI filters; depthwise convolutions get
/// their own operator. Transposes stay only where data really must move.
[[nodiscard]] Expected<void> convert_layout(ir::Graph &graph);

/// softmax along another axis than the last → along the last, between transposes.
[[nodiscard]] Expected<void> normalize_softmax(ir::Graph &graph);

/// int8 layers' channels without weights but with a bias near the end of int32 (the remains of a
/// channel that training gave up): the same constant output from a small bias and a moderate scale.
[[nodiscard]] Expected<void> settle_constant_channels(ir::Graph &graph);

/// Dead nodes and constants go, values get the canonical numbering.
[[nodiscard]] Expected<void> remove_dead_code(ir::Graph &graph);

} // namespace tinyml::passes
