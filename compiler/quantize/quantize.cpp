// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/quantize.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/operators.hpp"
#include "compiler/ir/verify.hpp"
#include "compiler/quantize/assignment.hpp"
#include "compiler/quantize/report.hpp"
#include "kernels/reference/unary.hpp"

#include <algorithm>
#include <cmath>

namespace tinyml::quantize {
namespace {

using ir::Op;

/// Biases stay below this, so that an accumulator has room for the products.
constexpr double kLargestBias = 1 << 30;

/// Writes the int8 graph node by node. The first error sticks.
class Converter {
public:
  Converter(const ir::Graph &graph, const Assignment &assignment, const QuantizeOptions &options)
      : from_(graph), assigned_(assignment), options_(options),
        ids_(graph.values.size(), ir::kNoValue) {}

  Expected<ir::Graph> run() {
    to_.name = from_.name;
    for (const ir::ValueId id : from_.inputs) {
      ids_[id] = ir::add_input(to_, from_.values[id].name, type_of(id));
    }
    for (const ir::Node &node : from_.nodes) {
      ids_[node.outputs[0]] = convert(node);
      if (error_) {
        return Failure{*error_};
      }
    }
    add_outputs();
    return error_ ? Expected<ir::Graph>(Failure{*error_}) : Expected<ir::Graph>(std::move(to_));
  }

  [[nodiscard]] const std::vector<ir::ValueId> &ids() const { return ids_; }

private:
  const ir::Quantization &quantization(ir::ValueId id) const { return *assigned_.of[id]; }

  ir::TensorType type_of(ir::ValueId id) const {
    return {ir::ElementType::kInt8, from_.values[id].type.shape, quantization(id)};
  }

  ir::ValueId emit(const ir::Node &like, Op op, std::vector<ir::ValueId> inputs,
                   ir::TensorType type) {
    const ir::Attributes attributes = op == like.op ? like.attributes : ir::Attributes{};
    const auto id = ir::add_node(to_, {op, std::move(inputs), attributes, like.name,
                                       from_.values[like.outputs[0]].name, std::move(type)});
    if (!id) {
      error_ = id.error();
      return ir::kNoValue;
    }
    return *id;
  }

  /// Brings a value to another quantisation, where it differs.
  ir::ValueId requantized(const ir::Node &node, ir::ValueId id, const ir::Quantization &wanted) {
    if (error_ || to_.values[id].type.quantization == wanted) {
      return id;
    }
    ir::TensorType type = to_.values[id].type;
    type.quantization = wanted;
    return emit(node, Op::kRequantize, {id}, type);
  }

  ir::ValueId convert(const ir::Node &node) {
    const ir::ValueId y = node.outputs[0];
    switch (node.op) {
    case Op::kConv2d:
    case Op::kDepthwiseConv2d:
    case Op::kFullyConnected:
      return layer(node);
    case Op::kQuantize:
    case Op::kDequantize:
    case Op::kRequantize:
      return requantized(node, ids_[node.inputs[0]], quantization(y));
    case Op::kConcat:
      return concat(node);
    default:
      break;
    }
    std::vector<ir::ValueId> inputs;
    for (const ir::ValueId input : node.inputs) {
      inputs.push_back(operand(input));
    }
    if (!keeps_input_scale(node)) {
      return emit(node, node.op, inputs, type_of(y));
    }
    ir::TensorType type = type_of(y);
    type.quantization = to_.values[inputs[0]].type.quantization;
    const ir::ValueId result = emit(node, node.op, inputs, type);
    return error_ ? result : requantized(node, result, quantization(y));
  }

  ir::ValueId concat(const ir::Node &node) {
    std::vector<ir::ValueId> inputs;
    for (const ir::ValueId input : node.inputs) {
      inputs.push_back(requantized(node, operand(input), quantization(node.outputs[0])));
    }
    return error_ ? ir::kNoValue : emit(node, node.op, inputs, type_of(node.outputs[0]));
  }

  /// An activation, or a constant that takes an activation's place.
  ir::ValueId operand(ir::ValueId id) {
    const ir::Value &value = from_.values[id];
    if (!value.constant || ids_[id] != ir::kNoValue) {
      return ids_[id];
    }
    const ir::Quantization q = constant_quantization(value);
    const auto elements = ir::elements_of<float>(value);
    std::vector<std::int8_t> quantized(elements.size());
    kernels::reference::quantize(static_cast<std::int64_t>(elements.size()), elements.data(),
                                 q.scales[0], q.zero_points[0], quantized.data());
    ids_[id] = ir::add_constant(to_, value.name, {ir::ElementType::kInt8, value.type.shape, q},
                                ir::constant_data(quantized));
    return ids_[id];
  }

  int weight_axis(const ir::Node &node) const {
    if (node.op == Op::kFullyConnected) {
      return options_.per_channel_fully_connected ? 0 : -1;
    }
    return node.op == Op::kDepthwiseConv2d ? 3 : 0;
  }

  /// Scales that came with the weights, if int8 inference can use them; else their own.
  ir::Quantization weight_quantization(const ir::Node &node, float input_scale) const {
    const ir::Value &weights = from_.values[node.inputs[1]];
    const auto &given = weights.type.quantization;
    const int axis = weight_axis(node);
    if (given && (given->axis == axis || given->axis == -1 || node.op == Op::kFullyConnected) &&
        std::all_of(given->zero_points.begin(), given->zero_points.end(),
                    [](std::int32_t zero) { return zero == 0; })) {
      return spread(*given, weights, axis);
    }
    ir::Quantization q{symmetric_scales(weights, axis), {}, axis};
    q.zero_points.assign(q.scales.size(), 0);
    make_room_for_bias(node, input_scale, q);
    return q;
  }

  /// One scale for all becomes one per channel where the operator wants that.
  static ir::Quantization spread(ir::Quantization q, const ir::Value &weights, int axis) {
    if (q.axis < 0 && axis >= 0) {
      const auto channels =
          static_cast<std::size_t>(weights.type.shape[static_cast<std::size_t>(axis)]);
      q = {std::vector(channels, q.scales[0]), std::vector(channels, 0), axis};
    }
    return q;
  }

  /// Tiny weights with a large bias: coarser weights, so that the bias fits into 32 bits.
  void make_room_for_bias(const ir::Node &node, float input_scale, ir::Quantization &q) const {
    if (node.inputs.size() < 3) {
      return;
    }
    const auto bias = ir::elements_of<float>(from_.values[node.inputs[2]]);
    for (std::size_t c = 0; c < bias.size(); ++c) {
      float &scale = q.scales[q.scales.size() == 1 ? 0 : c];
      const double least = std::abs(static_cast<double>(bias[c])) /
                           (static_cast<double>(input_scale) * kLargestBias);
      scale = std::max(scale, static_cast<float>(least));
    }
  }

  ir::ValueId add_weights(const ir::Value &weights, const ir::Quantization &q) {
    const auto elements = ir::elements_of<float>(weights);
    const ir::Shape &shape = weights.type.shape;
    const auto inner = q.axis < 0 ? std::size_t{1}
                                  : static_cast<std::size_t>(ir::element_count(
                                        {shape.begin() + q.axis + 1, shape.end()}));
    std::vector<std::int8_t> quantized(elements.size());
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const float scale = q.scales[i / inner % q.scales.size()];
      quantized[i] =
          static_cast<std::int8_t>(std::clamp(std::round(elements[i] / scale), -127.0F, 127.0F));
    }
    return ir::add_constant(to_, weights.name, {ir::ElementType::kInt8, shape, q},
                            ir::constant_data(quantized));
  }

  ir::ValueId add_bias(const ir::Value &bias, float input_scale, const ir::Quantization &weights) {
    ir::Quantization q = weights;
    q.axis = weights.axis < 0 ? -1 : 0;
    for (float &scale : q.scales) {
      scale *= input_scale;
    }
    const auto elements = ir::elements_of<float>(bias);
    std::vector<std::int32_t> quantized;
    for (std::size_t c = 0; c < elements.size(); ++c) {
      const auto scale = static_cast<double>(q.scales[q.scales.size() == 1 ? 0 : c]);
      const double code = std::round(static_cast<double>(elements[c]) / scale);
      quantized.push_back(static_cast<std::int32_t>(std::clamp(code, -kLargestBias, kLargestBias)));
    }
    return ir::add_constant(to_, bias.name, {ir::ElementType::kInt32, bias.type.shape, q},
                            ir::constant_data(quantized));
  }

  ir::ValueId layer(const ir::Node &node) {
    const ir::ValueId x = operand(node.inputs[0]);
    const float input_scale = to_.values[x].type.quantization->scales[0];
    const ir::Quantization q = weight_quantization(node, input_scale);
    std::vector<ir::ValueId> inputs = {x, add_weights(from_.values[node.inputs[1]], q)};
    if (node.inputs.size() > 2) {
      inputs.push_back(add_bias(from_.values[node.inputs[2]], input_scale, q));
    }
    return emit(node, node.op, inputs, type_of(node.outputs[0]));
  }

  /// Every output has a value of its own that is no input, so that it keeps its name.
  void add_outputs() {
    for (const ir::ValueId old : from_.outputs) {
      ir::ValueId id = operand(old);
      const auto taken = [&](const std::vector<ir::ValueId> &list) {
        return std::find(list.begin(), list.end(), id) != list.end();
      };
      if (taken(to_.inputs) || taken(to_.outputs) || to_.values[id].constant) {
        const auto copy = ir::add_node(
            to_, {Op::kReshape, {id}, {}, from_.values[old].name, "", to_.values[id].type});
        if (!copy) {
          error_ = copy.error();
          return;
        }
        id = *copy;
      }
      to_.values[id].name = from_.values[old].name;
      to_.outputs.push_back(id);
    }
  }

  const ir::Graph &from_;
  const Assignment &assigned_;
  const QuantizeOptions &options_;
  ir::Graph to_;
  std::vector<ir::ValueId> ids_; ///< by the float graph's value id
  std::optional<HostError> error_;
};

} // namespace

Expected<ir::Graph> quantize(const ir::Graph &float_graph, const CalibrationSamples &samples,
                             const QuantizeOptions &options, QuantizeReport &report) {
  const auto statistics = calibrate(float_graph, samples, options);
  if (!statistics) {
    return Failure{statistics.error()};
  }
  const auto assignment = assign(float_graph, *statistics, options);
  if (!assignment) {
    return Failure{assignment.error()};
  }
  Converter converter(float_graph, *assignment, options);
  auto result = converter.run();
  if (!result) {
    return result;
  }
  const std::vector<ir::ValueId> moved = ir::remove_dead(*result);
  if (const auto verified = ir::verify(*result); !verified) {
    return Failure{verified.error()};
  }
  std::vector<ir::ValueId> ids = converter.ids();
  for (ir::ValueId &id : ids) {
    id = id == ir::kNoValue ? id : moved[id];
  }
  report.calibration_samples = samples.count;
  const auto measured = measure_layers({float_graph, *result, ids, assignment->clamped_by_reader},
                                       samples, options.report_samples);
  if (!measured) {
    return Failure{measured.error()};
  }
  report.layers = *measured;
  return result;
}

} // namespace tinyml::quantize
