// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/edit.hpp"
#include "compiler/quantize/quantize.hpp"

/// Constants of a float graph as integers (docs/ir.md says which scales they get).
namespace tinyml::quantize {

/// A constant that an operator takes like an activation: one scale for all.
[[nodiscard]] ir::Quantization constant_quantization(const ir::Value &constant,
                                                     ir::ElementType element);
ir::ValueId add_operand(ir::Graph &to, const ir::Value &constant, ir::ElementType element);

/// Largest magnitude per index of `axis` (one for all when negative), over 127.
[[nodiscard]] std::vector<float> symmetric_scales(const ir::Value &weights, int axis);

/// Of a layer with weights: the axis of its scales, -1 for one scale.
[[nodiscard]] int weight_axis(ir::Op op, bool per_channel_fully_connected);

/// Scales that came with the weights, if integer inference can use them; else their own, coarse
/// enough for the bias (may be null) to fit into 32 bits.
[[nodiscard]] ir::Quantization weight_quantization(const ir::Node &node, const ir::Value &weights,
                                                   const ir::Value *bias, int axis,
                                                   float input_scale);
ir::ValueId add_weights(ir::Graph &to, const ir::Value &weights, const ir::Quantization &q);
/// At the scale of the products: 32 bits for int8 activations, 64 bits for int16.
ir::ValueId add_bias(ir::Graph &to, const ir::Value &bias, float input_scale,
                     const ir::Quantization &weights, ir::ElementType activations);
/// A bias of zeros: int16 convolutions without one sum in 32 bits only, which large filters
/// overflow.
[[nodiscard]] ir::Value zero_bias(const ir::Node &node, const ir::Value &weights);

} // namespace tinyml::quantize
