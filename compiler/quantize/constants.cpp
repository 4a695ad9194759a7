// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/constants.hpp"

#include "compiler/ir/types.hpp"
#include "compiler/quantize/codes.hpp"

#include <algorithm>
#include <cmath>

namespace tinyml::quantize {
namespace {

/// Biases stay below this, so that an accumulator has room for the products.
constexpr double kLargestBias = 1 << 30;

/// Consecutive elements of one index of `axis`.
std::size_t elements_inside(const ir::Shape &shape, int axis) {
  return axis < 0
             ? std::size_t{1}
             : static_cast<std::size_t>(ir::element_count({shape.begin() + axis + 1, shape.end()}));
}

/// One scale for all becomes one per channel where the operator wants that.
ir::Quantization spread(ir::Quantization q, const ir::Value &weights, int axis) {
  if (q.axis < 0 && axis >= 0) {
    const auto channels =
        static_cast<std::size_t>(weights.type.shape[static_cast<std::size_t>(axis)]);
    q = {std::vector(channels, q.scales[0]), std::vector(channels, 0), axis};
  }
  return q;
}

/// Tiny weights with a large bias: coarser weights, so that the bias fits into 32 bits.
void make_room_for_bias(const ir::Value &bias, float input_scale, ir::Quantization &q) {
  const auto elements = ir::elements_of<float>(bias);
  for (std::size_t c = 0; c < elements.size(); ++c) {
    float &scale = q.scales[q.scales.size() == 1 ? 0 : c];
    const double least = std::abs(static_cast<double>(elements[c])) /
                         (static_cast<double>(input_scale) * kLargestBias);
    scale = std::max(scale, static_cast<float>(least));
  }
}

template <typename T>
std::vector<T> bias_codes(const std::vector<float> &elements, const ir::Quantization &q) {
  std::vector<T> codes;
  for (std::size_t c = 0; c < elements.size(); ++c) {
    const auto scale = static_cast<double>(q.scales[q.scales.size() == 1 ? 0 : c]);
    const double code = std::round(static_cast<double>(elements[c]) / scale);
    codes.push_back(static_cast<T>(std::clamp(code, -kLargestBias, kLargestBias)));
  }
  return codes;
}

} // namespace

ir::Quantization constant_quantization(const ir::Value &constant, ir::ElementType element) {
  const auto elements = ir::elements_of<float>(constant);
  RealRange range{0, 0};
  for (const float number : elements) {
    range.low = std::min(range.low, static_cast<double>(number));
    range.high = std::max(range.high, static_cast<double>(number));
  }
  return quantization_for(element, range);
}

ir::ValueId add_operand(ir::Graph &to, const ir::Value &constant, ir::ElementType element) {
  const ir::TensorType type{element, constant.type.shape, constant_quantization(constant, element)};
  ir::ConstantData codes(ir::byte_size(type));
  encode(type, ir::elements_of<float>(constant), codes.data());
  return ir::add_constant(to, constant.name, type, std::move(codes));
}

std::vector<float> symmetric_scales(const ir::Value &weights, int axis) {
  const ir::Shape &shape = weights.type.shape;
  const std::size_t count =
      axis < 0 ? 1 : static_cast<std::size_t>(shape[static_cast<std::size_t>(axis)]);
  const std::size_t inner = elements_inside(shape, axis);
  std::vector<float> scales(count, 0);
  const std::vector<float> elements = ir::elements_of<float>(weights);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    float &largest = scales[i / inner % count];
    largest = std::max(largest, std::abs(elements[i]));
  }
  for (float &scale : scales) {
    scale = scale > 0 ? scale / 127 : 1.0F / 127; // all-zero weights: any scale is right
  }
  return scales;
}

int weight_axis(ir::Op op, bool per_channel_fully_connected) {
  if (op == ir::Op::kFullyConnected) {
    return per_channel_fully_connected ? 0 : -1;
  }
  return op == ir::Op::kDepthwiseConv2d ? 3 : 0;
}

ir::Quantization weight_quantization(const ir::Node &node, const ir::Value &weights,
                                     const ir::Value *bias, int axis, float input_scale) {
  const auto &given = weights.type.quantization;
  if (given && (given->axis == axis || given->axis == -1 || node.op == ir::Op::kFullyConnected) &&
      std::all_of(given->zero_points.begin(), given->zero_points.end(),
                  [](std::int32_t zero) { return zero == 0; })) {
    return spread(*given, weights, axis);
  }
  ir::Quantization q{symmetric_scales(weights, axis), {}, axis};
  q.zero_points.assign(q.scales.size(), 0);
  if (bias != nullptr) {
    make_room_for_bias(*bias, input_scale, q);
  }
  return q;
}

ir::ValueId add_weights(ir::Graph &to, const ir::Value &weights, const ir::Quantization &q) {
  const auto elements = ir::elements_of<float>(weights);
  const std::size_t inner = elements_inside(weights.type.shape, q.axis);
  std::vector<std::int8_t> codes(elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const float scale = q.scales[i / inner % q.scales.size()];
    codes[i] =
        static_cast<std::int8_t>(std::clamp(std::round(elements[i] / scale), -127.0F, 127.0F));
  }
  return ir::add_constant(to, weights.name, {ir::ElementType::kInt8, weights.type.shape, q},
                          ir::constant_data(codes));
}

ir::ValueId add_bias(ir::Graph &to, const ir::Value &bias, float input_scale,
                     const ir::Quantization &weights, ir::ElementType activations) {
  ir::Quantization q = weights;
  q.axis = weights.axis < 0 ? -1 : 0;
  for (float &scale : q.scales) {
    scale *= input_scale;
  }
  const auto elements = ir::elements_of<float>(bias);
  if (activations == ir::ElementType::kInt16) {
    return ir::add_constant(to, bias.name, {ir::ElementType::kInt64, bias.type.shape, q},
                            ir::constant_data(bias_codes<std::int64_t>(elements, q)));
  }
  return ir::add_constant(to, bias.name, {ir::ElementType::kInt32, bias.type.shape, q},
                          ir::constant_data(bias_codes<std::int32_t>(elements, q)));
}

ir::Value zero_bias(const ir::Node &node, const ir::Value &weights) {
  const std::int64_t outputs =
      node.op == ir::Op::kDepthwiseConv2d ? weights.type.shape[3] : weights.type.shape[0];
  const std::vector<float> zeros(static_cast<std::size_t>(outputs), 0.0F);
  return {
      node.name + " bias", {ir::ElementType::kFloat32, {outputs}, {}}, ir::constant_data(zeros)};
}

} // namespace tinyml::quantize
