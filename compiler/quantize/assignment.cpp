// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/assignment.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/operators.hpp"
#include "compiler/quantize/constants.hpp"

#include <algorithm>
#include <cmath>

namespace tinyml::quantize {
namespace {

using ir::Op;

/// An output scale is kept above its operands' product over this, so that the fixed-point
/// multiplier of a layer whose output hardly ever leaves zero stays in range.
constexpr float kLargestMultiplier = 32768;
/// The same for int16 products, whose sums have 64 bits.
constexpr float kLargestWideMultiplier = 100;

/// Output ranges that integer arithmetic prescribes (docs/ir.md).
std::optional<ir::Quantization> fixed_quantization(Op op, bool is_int8) {
  if (op != Op::kSoftmax && op != Op::kSigmoid && op != Op::kTanh) {
    return std::nullopt;
  }
  if (!is_int8) {
    return ir::Quantization{{1.0F / 32768}, {0}, -1};
  }
  return op == Op::kTanh ? ir::Quantization{{1.0F / 128}, {0}, -1}
                         : ir::Quantization{{1.0F / 256}, {-128}, -1};
}

bool is_clamp(Op op) { return op == Op::kRelu || op == Op::kClip; }

class Assigner {
public:
  Assigner(const ir::Graph &graph, const std::vector<Statistics> &statistics,
           const QuantizeOptions &options)
      : graph_(graph), statistics_(statistics), options_(options), uses_(ir::count_uses(graph)) {
    result_.element = options.activations;
    result_.of.resize(graph.values.size());
    result_.clamped_by_reader.resize(graph.values.size(), false);
    clamp_result_.resize(graph.values.size(), ir::kNoValue);
    for (const ir::Node &node : graph.nodes) {
      if (is_clamp(node.op) && uses_[node.inputs[0]] == 1) {
        clamp_result_[node.inputs[0]] = node.outputs[0];
      }
    }
  }

  Assignment run() {
    for (const ir::ValueId input : graph_.inputs) {
      result_.of[input] = measured(input);
    }
    for (const ir::Node &node : graph_.nodes) {
      result_.of[node.outputs[0]] = for_node(node);
    }
    return std::move(result_);
  }

private:
  [[nodiscard]] bool is_int8() const { return options_.activations == ir::ElementType::kInt8; }

  /// The scale that came with a value; those are int8 scales.
  std::optional<ir::Quantization> given(ir::ValueId id) const {
    const auto &quantization = graph_.values[id].type.quantization;
    return is_int8() && quantization && quantization->axis < 0 ? quantization : std::nullopt;
  }

  /// 65536 codes need no clipping: rounding is never what costs.
  RealRange range_of(const Statistics &statistics) const {
    const bool whole = !is_int8() && options_.range.method == RangeMethod::kMse;
    return choose_range(statistics,
                        whole ? RangeChoice{.method = RangeMethod::kMinMax} : options_.range);
  }

  ir::Quantization measured(ir::ValueId id) {
    if (const auto known = given(id)) {
      return *known;
    }
    ir::ValueId seen = id;
    if (clamp_result_[id] != ir::kNoValue) {
      seen = clamp_result_[id];
      result_.clamped_by_reader[id] = true;
      if (const auto known = given(seen)) {
        return *known;
      }
    }
    return quantization_for(options_.activations, range_of(statistics_[seen]));
  }

  ir::Quantization for_node(const ir::Node &node) {
    const ir::ValueId output = node.outputs[0];
    if (const auto fixed = fixed_quantization(node.op, is_int8())) {
      return *fixed;
    }
    const auto given_here = given(output);
    if (given_here && (node.op == Op::kQuantize || node.op == Op::kRequantize)) {
      return *given_here;
    }
    if (node.op == Op::kDequantize || (keeps_input_scale(node) && !given_here)) {
      return operand(node.inputs[0]);
    }
    ir::Quantization q = measured(output);
    if (!given_here) {
      q.scales[0] = std::max(q.scales[0], least_scale(node));
    }
    return q;
  }

  ir::Quantization operand(ir::ValueId id) const {
    const ir::Value &value = graph_.values[id];
    return value.constant ? constant_quantization(value, options_.activations) : *result_.of[id];
  }

  float least_scale(const ir::Node &node) const {
    const auto scale = [&](std::size_t i) { return operand(node.inputs[i]).scales[0]; };
    switch (node.op) {
    case Op::kAdd:
    case Op::kSub:
      return std::max(scale(0), scale(1)) / kLargestMultiplier;
    case Op::kMean:
      return scale(0) / kLargestMultiplier;
    case Op::kMul:
      return scale(0) * scale(1) / kLargestMultiplier;
    case Op::kConv2d:
    case Op::kDepthwiseConv2d:
    case Op::kFullyConnected: {
      const ir::Value &weights = graph_.values[node.inputs[1]];
      const float largest = is_int8() ? kLargestMultiplier : kLargestWideMultiplier;
      return weights.constant ? scale(0) * symmetric_scales(weights, -1)[0] / largest : 0;
    }
    default:
      return 0;
    }
  }

  const ir::Graph &graph_;
  const std::vector<Statistics> &statistics_;
  const QuantizeOptions &options_;
  const std::vector<std::size_t> uses_;
  std::vector<ir::ValueId> clamp_result_; ///< of the clamp that alone reads the value
  Assignment result_;
};

} // namespace

bool keeps_input_scale(const ir::Node &node) {
  return node.op != Op::kConcat && ir::operator_info(node.op).keeps_quantization;
}

ir::Quantization quantization_for(double low, double high) {
  low = std::min(low, 0.0);
  high = std::max(high, 0.0);
  if (high - low < 1e-30) {
    return {{1.0F / 255}, {-128}, -1};
  }
  const auto scale = static_cast<float>((high - low) / 255);
  const double zero = std::round(-128 - low / static_cast<double>(scale));
  return {{scale}, {static_cast<std::int32_t>(std::clamp(zero, -128.0, 127.0))}, -1};
}

ir::Quantization quantization_for(ir::ElementType element, RealRange range) {
  if (element == ir::ElementType::kInt8) {
    return quantization_for(range.low, range.high);
  }
  constexpr double kLargestCode = 32767;
  const double largest = std::max(-range.low, range.high);
  const double scale = largest < 1e-30 ? 1 / kLargestCode : largest / kLargestCode;
  return {{static_cast<float>(scale)}, {0}, -1};
}

Expected<Assignment> assign(const ir::Graph &graph, const std::vector<Statistics> &statistics,
                            const QuantizeOptions &options) {
  for (const ir::Value &value : graph.values) {
    if (!value.constant || value.type.element != ir::ElementType::kFloat32) {
      continue;
    }
    const auto elements = ir::elements_of<float>(value);
    if (!std::all_of(elements.begin(), elements.end(), [](float e) { return std::isfinite(e); })) {
      return fail(ErrorCode::kInvalidInput,
                  "constant '" + value.name + "' holds infinite numbers or NaN");
    }
  }
  return Assigner(graph, statistics, options).run();
}

} // namespace tinyml::quantize
