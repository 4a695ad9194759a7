// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/edit.hpp"
#include "compiler/ir/types.hpp"

#include <optional>
#include <random>

/// For tests: what random graphs are made of. The same seed gives the same tensors.
namespace tinyml::hostrun {

class RandomTensors {
protected:
  RandomTensors(unsigned seed, ir::ElementType element) : random_(seed), element_(element) {}

  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }
  bool is_int8() const { return element_ == ir::ElementType::kInt8; }
  bool is_int16() const { return element_ == ir::ElementType::kInt16; }
  bool is_quantized() const { return is_int8() || is_int16(); }

  ir::Quantization quantization() {
    return {{static_cast<float>(pick(5, 60)) * 1e-3F},
            {is_int8() ? static_cast<std::int32_t>(pick(-128, 127)) : 0},
            -1};
  }
  ir::TensorType type(ir::Shape shape) {
    return {element_, std::move(shape),
            is_quantized() ? std::optional(quantization()) : std::nullopt};
  }

  /// Sigmoid, tanh and softmax of int16 have one output scale.
  std::optional<ir::TensorType> fixed16() {
    return is_int16() ? std::optional(
                            ir::TensorType{element_, {}, ir::Quantization{{1.0F / 32768}, {0}, -1}})
                      : std::nullopt;
  }

  /// An int8 output's quantisation where the operator prescribes it.
  std::optional<ir::TensorType> fixed(float scale, std::int32_t zero_point) {
    return is_int8() ? std::optional(ir::TensorType{
                           element_, {}, ir::Quantization{{scale}, {zero_point}, -1}})
                     : fixed16();
  }

  ir::ValueId add_random_input() {
    return ir::add_input(graph_, "input \"?" + std::to_string(graph_.inputs.size()),
                         type({1, pick(2, 8), pick(2, 8), pick(1, 7)}));
  }

  ir::ConstantData noise(std::size_t bytes) {
    ir::ConstantData data(bytes);
    for (auto &byte : data) {
      byte = static_cast<std::uint8_t>(pick(0, 255));
    }
    return data;
  }

  /// Weights of this shape; int8 ones with a scale an index of `axis`.
  ir::ValueId weights(const ir::Shape &shape, int axis) {
    const auto count = static_cast<std::size_t>(ir::element_count(shape));
    if (!is_quantized()) {
      std::vector<float> elements(count);
      for (float &element : elements) {
        element = static_cast<float>(pick(-100, 100)) * 0.01F;
      }
      return ir::add_float_constant(graph_, "w", shape, elements);
    }
    ir::Quantization q{{}, {}, axis};
    const std::int64_t scales = pick(0, 1) == 0 ? 1 : shape[static_cast<std::size_t>(axis)];
    q.axis = scales == 1 && shape[static_cast<std::size_t>(axis)] != 1 ? -1 : axis;
    for (std::int64_t i = 0; i < scales; ++i) {
      q.scales.push_back(static_cast<float>(pick(1, 40)) * 1e-3F);
      q.zero_points.push_back(0);
    }
    return ir::add_constant(graph_, "w", {ir::ElementType::kInt8, shape, q}, noise(count));
  }

  std::vector<ir::ValueId> with_bias(ir::ValueId x, ir::ValueId filter, std::int64_t outputs) {
    if (pick(0, 2) == 0) {
      return {x, filter};
    }
    if (!is_quantized()) {
      return {x, filter, weights({outputs}, 0)};
    }
    std::vector<std::int32_t> bias;
    for (std::int64_t i = 0; i < outputs; ++i) {
      bias.push_back(static_cast<std::int32_t>(pick(-3000, 3000)));
    }
    const ir::Quantization &w = *graph_.values[filter].type.quantization;
    ir::Quantization q{{}, std::vector<std::int32_t>(w.scales.size(), 0), w.axis < 0 ? -1 : 0};
    for (const float scale : w.scales) {
      q.scales.push_back(scale * graph_.values[x].type.quantization->scales[0]);
    }
    if (is_int16() && pick(0, 3) != 0) {
      const std::vector<std::int64_t> wide(bias.begin(), bias.end());
      return {x, filter,
              ir::add_constant(graph_, "b", {ir::ElementType::kInt64, {outputs}, q},
                               ir::constant_data(wide))};
    }
    return {x, filter,
            ir::add_constant(graph_, "b", {ir::ElementType::kInt32, {outputs}, q},
                             ir::constant_data(bias))};
  }

  std::mt19937 random_;
  ir::ElementType element_; ///< of activations
  ir::Graph graph_;
};

} // namespace tinyml::hostrun
