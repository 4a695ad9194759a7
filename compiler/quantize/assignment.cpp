// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/assignment.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/operators.hpp"

#include <algorithm>
#include <cmath>

namespace tinyml::quantize {
namespace {

using ir::Op;

/// An output scale is kept above its operands' product over this, so that the fixed-point
/// multiplier of a layer whose output hardly ever leaves zero stays in range.
constexpr float kLargestMultiplier = 32768;

bool is_clamp(Op op) { return op == Op::kRelu || op == Op::kClip; }

class Assigner {
public:
  Assigner(const ir::Graph &graph, const std::vector<Statistics> &statistics,
           const QuantizeOptions &options)
      : graph_(graph), statistics_(statistics), options_(options), uses_(ir::count_uses(graph)) {
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
  const std::optional<ir::Quantization> &given(ir::ValueId id) const {
    return graph_.values[id].type.quantization;
  }

  ir::Quantization measured(ir::ValueId id) {
    if (const auto &known = given(id); known && known->axis < 0) {
      return *known;
    }
    ir::ValueId seen = id;
    if (clamp_result_[id] != ir::kNoValue) {
      seen = clamp_result_[id];
      result_.clamped_by_reader[id] = true;
      if (const auto &known = given(seen); known && known->axis < 0) {
        return *known;
      }
    }
    const RealRange range = choose_range(statistics_[seen], options_);
    return quantization_for(range.low, range.high);
  }

  ir::Quantization for_node(const ir::Node &node) {
    const ir::ValueId output = node.outputs[0];
    if (node.op == Op::kSoftmax) {
      return {{1.0F / 256}, {-128}, -1};
    }
    if (node.op == Op::kQuantize || node.op == Op::kRequantize) {
      return *given(output);
    }
    const auto &given_here = given(output);
    if (node.op == Op::kDequantize || (keeps_input_scale(node) && !given_here)) {
      return *result_.of[node.inputs[0]];
    }
    ir::Quantization q = measured(output);
    if (!given_here) {
      q.scales[0] = std::max(q.scales[0], least_scale(node));
    }
    return q;
  }

  float operand_scale(ir::ValueId id) const {
    return graph_.values[id].constant ? constant_quantization(graph_.values[id]).scales[0]
                                      : result_.of[id]->scales[0];
  }

  float least_scale(const ir::Node &node) const {
    if (node.inputs.size() < 2) {
      return 0;
    }
    const float first = operand_scale(node.inputs[0]);
    if (node.op == Op::kAdd || node.op == Op::kSub) {
      return std::max(first, operand_scale(node.inputs[1])) / kLargestMultiplier;
    }
    if (!graph_.values[node.inputs[1]].constant) {
      return first * operand_scale(node.inputs[1]) / kLargestMultiplier;
    }
    return first * symmetric_scales(graph_.values[node.inputs[1]], -1)[0] / kLargestMultiplier;
  }

  const ir::Graph &graph_;
  const std::vector<Statistics> &statistics_;
  const QuantizeOptions &options_;
  const std::vector<std::size_t> uses_;
  std::vector<ir::ValueId> clamp_result_; ///< of the clamp that alone reads the value
  Assignment result_;
};

Expected<void> check_operator(const ir::Graph &graph, const ir::Node &node) {
  switch (node.op) {
  case Op::kMatMul:
  case Op::kMean:
  case Op::kDiv:
  case Op::kSigmoid:
  case Op::kTanh:
  case Op::kBatchNorm:
    return fail(ErrorCode::kUnsupported,
                ir::describe(node) + " has no int8 form; compile the model as float32 instead");
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
  case Op::kFullyConnected:
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {
      if (!graph.values[node.inputs[i]].constant) {
        return fail(ErrorCode::kUnsupported,
                    ir::describe(node) + " computes its weights or bias; int8 needs them constant");
      }
    }
    return {};
  default:
    return {};
  }
}

} // namespace

bool keeps_input_scale(const ir::Node &node) {
  return node.op != Op::kConcat && ir::operator_info(node.op).keeps_quantization;
}

ir::Quantization constant_quantization(const ir::Value &constant) {
  Statistics statistics;
  statistics.widen(ir::elements_of<float>(constant));
  return quantization_for(statistics.low, statistics.high);
}

std::vector<float> symmetric_scales(const ir::Value &weights, int axis) {
  const ir::Shape &shape = weights.type.shape;
  const std::size_t count =
      axis < 0 ? 1 : static_cast<std::size_t>(shape[static_cast<std::size_t>(axis)]);
  const auto inner =
      axis < 0
          ? std::size_t{1}
          : static_cast<std::size_t>(ir::element_count({shape.begin() + axis + 1, shape.end()}));
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

Expected<Assignment> assign(const ir::Graph &graph, const std::vector<Statistics> &statistics,
                            const QuantizeOptions &options) {
  for (const ir::Node &node : graph.nodes) {
    if (const auto checked = check_operator(graph, node); !checked) {
      return Failure{checked.error()};
    }
  }
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
