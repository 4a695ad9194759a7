// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/channels.hpp"
#include "compiler/passes/passes.hpp"
#include "kernels/reference/requantize.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace tinyml::passes {
namespace {

using ir::ElementType;

/// Biases from here on leave kernels no room for sums.
constexpr std::int64_t kLargeBias = std::int64_t{1} << 29;
/// Beyond this every int8 output is clamped alike.
constexpr std::int32_t kFarOutput = 512;
/// A constant output is a bias of four times as much, scaled by a quarter: exact, also when the
/// quarter is only as good as a float.
constexpr std::int32_t kBiasPerOutput = 4;

/// The tensors of a layer in int8 with a scale per output channel.
struct Int8Layer {
  const ir::Value &x, &weights, &bias, &y;

  [[nodiscard]] std::size_t channels() const { return weights.type.quantization->scales.size(); }
};

bool is_int8(const ir::Value &value) {
  return value.type.element == ElementType::kInt8 && value.type.quantization.has_value();
}

std::optional<Int8Layer> int8_layer(const ir::Graph &graph, const ir::Node &node) {
  if (!has_weights(node.op) || node.inputs.size() != 3) {
    return std::nullopt;
  }
  const Int8Layer layer = {graph.values[node.inputs[0]], graph.values[node.inputs[1]],
                           graph.values[node.inputs[2]], graph.values[node.outputs[0]]};
  const bool fits = is_int8(layer.x) && is_int8(layer.weights) && is_int8(layer.y) &&
                    layer.weights.constant && layer.bias.constant &&
                    layer.bias.type.element == ElementType::kInt32 &&
                    layer.bias.type.quantization && layer.weights.type.quantization->axis >= 0 &&
                    layer.bias.type.quantization->scales.size() == layer.channels();
  return fits ? std::optional(layer) : std::nullopt;
}

/// Which output channels have a weight other than zero.
std::vector<bool> live_channels(const Int8Layer &layer, std::size_t axis) {
  const ir::Shape &shape = layer.weights.type.shape;
  std::size_t run = 1; // consecutive weights of one channel
  for (std::size_t i = axis + 1; i < shape.size(); ++i) {
    run *= static_cast<std::size_t>(shape[i]);
  }
  std::vector<bool> live(layer.channels(), false);
  const ir::ConstantData &data = *layer.weights.constant;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data[i] != 0) {
      live[i / run % live.size()] = true;
    }
  }
  return live;
}

/// What the layer puts out above the zero point when its sum is the bias.
std::int32_t constant_output(std::int32_t bias, kernels::Multiplier multiplier) {
  return kernels::clamp(kernels::multiply_by_quantized_multiplier(bias, multiplier), -kFarOutput,
                        kFarOutput);
}

/// Rewrites the layer's weights' scales and its biases; false when there is nothing to do.
bool settle(const Int8Layer &layer, std::size_t axis, ir::Value &weights, ir::Value &bias) {
  auto numbers = ir::elements_of<std::int32_t>(layer.bias);
  const auto is_large = [](std::int32_t b) { return std::abs(std::int64_t{b}) >= kLargeBias; };
  const float in = layer.x.type.quantization->scales[0];
  const float out = layer.y.type.quantization->scales[0];
  const float quarter = out / (static_cast<float>(kBiasPerOutput) * in);
  if (std::none_of(numbers.begin(), numbers.end(), is_large) || !std::isnormal(quarter) ||
      !std::isnormal(quarter * in)) {
    return false;
  }
  const std::vector<bool> live = live_channels(layer, axis);
  bool changed = false;
  for (std::size_t c = 0; c < numbers.size(); ++c) {
    float &scale = weights.type.quantization->scales[c];
    const kernels::Multiplier multiplier = kernels::convolution_multiplier(in, scale, out);
    if (live[c] || !is_large(numbers[c]) || multiplier.shift > 0) {
      continue;
    }
    numbers[c] = kBiasPerOutput * constant_output(numbers[c], multiplier);
    scale = quarter;
    bias.type.quantization->scales[c] = quarter * in;
    changed = true;
  }
  bias.constant = ir::constant_data(numbers);
  return changed;
}

} // namespace

Expected<void> settle_constant_channels(ir::Graph &graph) {
  for (ir::Node &node : graph.nodes) {
    const auto layer = int8_layer(graph, node);
    if (!layer) {
      continue;
    }
    ir::Value weights = layer->weights;
    ir::Value bias = layer->bias;
    if (settle(*layer, filter_axis(node), weights, bias)) {
      node.inputs[1] = ir::add_constant(graph, weights.name, weights.type, *weights.constant);
      node.inputs[2] = ir::add_constant(graph, bias.name, bias.type, *bias.constant);
    }
  }
  return {};
}

} // namespace tinyml::passes
