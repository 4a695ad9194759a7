// SPDX-License-Identifier: Apache-2.0
// Small operators behind a layer become part of it: bias, batch normalisation, activation.
#include "compiler/passes/channels.hpp"
#include "compiler/passes/passes.hpp"

#include <cmath>

namespace tinyml::passes {
namespace {

using ir::Op;

/// y = x * factor + offset, per channel.
struct Affine {
  std::vector<float> factor, offset;
};

std::optional<Affine> affine_of(const Rewriter &r, const ir::Node &batch_norm) {
  std::vector<std::vector<float>> parameters;
  for (std::size_t i = 1; i < 5; ++i) {
    if (!r.is_float_constant(batch_norm.inputs[i])) {
      return std::nullopt;
    }
    parameters.push_back(ir::elements_of<float>(r.value(batch_norm.inputs[i])));
  }
  const double epsilon = ir::double_attribute(batch_norm, "epsilon", 1e-5);
  Affine affine;
  for (std::size_t c = 0; c < parameters[0].size(); ++c) {
    const double deviation = std::sqrt(static_cast<double>(parameters[3][c]) + epsilon);
    const double factor = static_cast<double>(parameters[0][c]) / deviation;
    affine.factor.push_back(static_cast<float>(factor));
    affine.offset.push_back(static_cast<float>(static_cast<double>(parameters[1][c]) -
                                               static_cast<double>(parameters[2][c]) * factor));
  }
  return affine;
}

/// Weights multiplied by one factor per index of an axis.
std::vector<float> scaled(const ir::Value &weights, std::size_t axis,
                          const std::vector<float> &factor) {
  std::vector<float> elements = ir::elements_of<float>(weights);
  const ir::Shape &shape = weights.type.shape;
  const auto inner = static_cast<std::size_t>(
      ir::element_count({shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, shape.end()}));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    elements[i] *= factor[i / inner % factor.size()];
  }
  return elements;
}

void set_bias(Rewriter &r, ir::ValueId layer_output, const std::vector<float> &bias) {
  const std::string name = r.producer(layer_output)->name + ".bias";
  const ir::ValueId id = r.constant(name, {static_cast<std::int64_t>(bias.size())}, bias);
  ir::Node &layer = *r.producer(layer_output);
  layer.inputs.resize(2);
  layer.inputs.push_back(id);
}

bool fuse_bias_into(Rewriter &r, const ir::Node &add, std::size_t operand) {
  const ir::ValueId x = add.inputs[operand];
  const ir::Node *layer = open_layer(r, x);
  if (layer == nullptr || r.shape(x) != r.shape(add.outputs[0])) {
    return false;
  }
  const auto added =
      per_channel(r.value(add.inputs[1 - operand]), r.shape(x), channel_axis(r, *layer));
  auto bias = constant_bias(r, *layer);
  if (!added || !bias) {
    return false;
  }
  for (std::size_t c = 0; c < bias->size(); ++c) {
    (*bias)[c] += (*added)[c];
  }
  set_bias(r, x, *bias);
  ir::set_activation(*r.producer(x), ir::activation_of(add));
  r.graph().values[x].type.quantization = r.value(add.outputs[0]).type.quantization;
  r.replace(add, x);
  return true;
}

bool fuse_batch_norm_into(Rewriter &r, const ir::Node &node) {
  const ir::ValueId x = node.inputs[0];
  const ir::Node *layer = open_layer(r, x);
  if (layer == nullptr || !r.is_float_constant(layer->inputs[1]) ||
      channel_axis(r, *layer) != static_cast<std::size_t>(ir::int_attribute(node, "axis", 1))) {
    return false;
  }
  const auto affine = affine_of(r, node);
  auto bias = constant_bias(r, *layer);
  if (!affine || !bias) {
    return false;
  }
  for (std::size_t c = 0; c < bias->size(); ++c) {
    (*bias)[c] = (*bias)[c] * affine->factor[c] + affine->offset[c];
  }
  const ir::Value &weights = r.value(layer->inputs[1]);
  const ir::ValueId fused = r.constant(weights.name, weights.type.shape,
                                       scaled(weights, filter_axis(*layer), affine->factor));
  r.producer(x)->inputs[1] = fused;
  set_bias(r, x, *bias);
  r.graph().values[x].type.quantization = r.value(node.outputs[0]).type.quantization;
  r.replace(node, x);
  return true;
}

bool lower(Rewriter &r, const ir::Node &node) {
  const auto affine = affine_of(r, node);
  const ir::Shape shape = r.shape(node.inputs[0]);
  if (!affine || ir::int_attribute(node, "axis", 1) != 1) {
    return false;
  }
  const std::int64_t channels = shape[1];
  const ir::Shape image = {shape[0], channels, ir::element_count({shape.begin() + 2, shape.end()}),
                           1};
  const ir::ValueId x = r.reshape(node.inputs[0], shape.size() == 4 ? shape : image, node.name);
  const ir::ValueId filter = r.constant(node.name + ".factor", {channels, 1, 1, 1}, affine->factor);
  const ir::ValueId bias = r.constant(node.name + ".offset", {channels}, affine->offset);
  const ir::ValueId y = r.emit(Op::kConv2d, {x, filter, bias},
                               {{"groups", channels}, {"layout", std::string("NCHW")}}, node.name);
  r.replace(node, r.reshape(y, shape, node.name));
  return true;
}

std::optional<ir::Activation> activation_like(const ir::Node &node) {
  if (node.op == Op::kRelu) {
    return ir::Activation::kRelu;
  }
  if (node.op != Op::kClip || ir::double_attribute(node, "min", -ir::kInfinity) != 0) {
    return std::nullopt;
  }
  const double high = ir::double_attribute(node, "max", ir::kInfinity);
  if (high == ir::kInfinity) {
    return ir::Activation::kRelu;
  }
  return high == 6 ? std::optional(ir::Activation::kRelu6) : std::nullopt;
}

bool takes_activation(Op op) {
  return has_weights(op) || op == Op::kAdd || op == Op::kSub || op == Op::kMul;
}

bool fuse_activation_into(Rewriter &r, const ir::Node &node) {
  const auto activation = activation_like(node);
  const ir::ValueId x = node.inputs[0];
  ir::Node *layer = r.producer(x);
  if (!activation || layer == nullptr || !takes_activation(layer->op) || !r.is_used_once(x) ||
      ir::activation_of(*layer) != ir::Activation::kNone ||
      r.value(x).type.element != ir::ElementType::kFloat32) {
    return false;
  }
  ir::set_activation(*layer, *activation);
  auto &quantization = r.graph().values[x].type.quantization;
  if (const auto &given = r.value(node.outputs[0]).type.quantization) {
    quantization = given;
  }
  r.replace(node, x);
  return true;
}

} // namespace

Expected<void> fuse_bias(ir::Graph &graph) {
  Rewriter rewriter(graph);
  return rewriter.run([&](const ir::Node &node) {
    return node.op == Op::kAdd &&
           (fuse_bias_into(rewriter, node, 0) || fuse_bias_into(rewriter, node, 1));
  });
}

Expected<void> fuse_batch_norm(ir::Graph &graph) {
  Rewriter rewriter(graph);
  return rewriter.run([&](const ir::Node &node) {
    return node.op == Op::kBatchNorm && fuse_batch_norm_into(rewriter, node);
  });
}

Expected<void> lower_batch_norm(ir::Graph &graph) {
  Rewriter rewriter(graph);
  return rewriter.run(
      [&](const ir::Node &node) { return node.op == Op::kBatchNorm && lower(rewriter, node); });
}

Expected<void> fuse_activation(ir::Graph &graph) {
  Rewriter rewriter(graph);
  return rewriter.run([&](const ir::Node &node) { return fuse_activation_into(rewriter, node); });
}

} // namespace tinyml::passes
