// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/verify.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/operators.hpp"
#include "compiler/ir/variables.hpp"

#include <algorithm>
#include <cmath>

namespace tinyml::ir {
namespace {

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

std::string named(const Graph &graph, ValueId id) {
  return "value '" + graph.values[id].name + "' (%" + std::to_string(id) + ")";
}

bool is_quantized_element(ElementType element) {
  return element == ElementType::kInt8 || element == ElementType::kUint8 ||
         element == ElementType::kInt16 || element == ElementType::kInt32;
}

Expected<void> check_quantization(const TensorType &type) {
  const Quantization &q = *type.quantization;
  if (q.axis < -1 || q.axis >= static_cast<int>(type.shape.size())) {
    return invalid("has a quantisation axis outside of its shape");
  }
  const std::size_t count =
      q.axis < 0 ? 1 : static_cast<std::size_t>(type.shape[static_cast<std::size_t>(q.axis)]);
  if (q.scales.size() != count || q.zero_points.size() != count) {
    return invalid("needs " + std::to_string(count) + " scales and zero points");
  }
  if (!std::all_of(q.scales.begin(), q.scales.end(),
                   [](float s) { return std::isfinite(s) && s > 0; })) {
    return invalid("has a scale that is not a positive number");
  }
  if (type.element == ElementType::kInt8 &&
      !std::all_of(q.zero_points.begin(), q.zero_points.end(),
                   [](std::int32_t z) { return z >= -128 && z <= 127; })) {
    return invalid("has a zero point outside of int8");
  }
  if (type.element == ElementType::kInt16 &&
      !std::all_of(q.zero_points.begin(), q.zero_points.end(),
                   [](std::int32_t z) { return z == 0; })) {
    return invalid("is int16 with a zero point other than 0");
  }
  return {};
}

Expected<void> check_value(const Value &value) {
  const auto count = checked_element_count(value.type.shape, value.type.element);
  if (!count) {
    return Failure{count.error()};
  }
  if (value.constant && value.constant->size() != byte_size(value.type)) {
    return invalid("has " + std::to_string(value.constant->size()) + " bytes of data for " +
                   type_text(value.type));
  }
  return value.type.quantization ? check_quantization(value.type) : Expected<void>{};
}

Expected<void> check_values(const Graph &graph) {
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    if (const auto checked = check_value(graph.values[id]); !checked) {
      return fail(checked.error().code, named(graph, id) + " " + checked.error().message);
    }
  }
  return {};
}

Expected<void> define(const Graph &graph, std::vector<bool> &defined, ValueId id) {
  if (id >= graph.values.size()) {
    return invalid("there is no value %" + std::to_string(id));
  }
  if (defined[id]) {
    return invalid(named(graph, id) + " is defined twice");
  }
  defined[id] = true;
  return {};
}

Expected<void> check_uses(const Graph &graph, const std::vector<bool> &defined,
                          const std::vector<ValueId> &ids, const std::string &user) {
  for (const ValueId id : ids) {
    if (id >= graph.values.size()) {
      return invalid(user + " reads %" + std::to_string(id) + ", which does not exist");
    }
    if (!defined[id]) {
      return invalid(user + " reads " + named(graph, id) + " before it is computed");
    }
  }
  return {};
}

/// In an int8 graph everything that computes needs to know what its numbers mean.
Expected<void> check_int8(const std::vector<TensorType> &inputs, const TensorType &output) {
  if (output.element == ElementType::kInt8 && !output.quantization) {
    return invalid("makes int8 without a quantisation");
  }
  if (output.element == ElementType::kInt16 && !output.quantization) {
    return invalid("makes int16 without a quantisation");
  }
  if (output.quantization && output.quantization->axis >= 0 &&
      (output.element == ElementType::kInt8 || output.element == ElementType::kInt16)) {
    return invalid("makes a tensor with more than one scale");
  }
  for (const TensorType &input : inputs) {
    if (is_quantized_element(input.element) && !input.quantization) {
      return invalid("reads " + type_text(input) + " without a quantisation");
    }
  }
  return {};
}

/// Fixed-point multipliers between scales further apart than this do not exist.
constexpr double kLargestMultiplier = 65536;

Expected<void> check_ratio(double real) {
  return real <= kLargestMultiplier ? Expected<void>{}
                                    : invalid("has scales too far apart for int8 arithmetic");
}

double largest_scale(const TensorType &type) {
  const auto &scales = type.quantization->scales;
  return static_cast<double>(*std::max_element(scales.begin(), scales.end()));
}

Expected<void> check_symmetric(const Quantization &q) {
  return q.axis == -1 && q.zero_points[0] == 0
             ? Expected<void>{}
             : invalid("needs weights with zero point 0 and one scale");
}

/// Weights are symmetric, with one scale or one per output channel.
Expected<void> check_weights(const Node &node, const Quantization &q) {
  const int axis = node.op == Op::kDepthwiseConv2d ? 3 : 0;
  const bool symmetric = std::all_of(q.zero_points.begin(), q.zero_points.end(),
                                     [](std::int32_t zero) { return zero == 0; });
  if (!symmetric || (q.axis != -1 && q.axis != axis)) {
    return invalid("needs weights with zero point 0 and scales for all or per output channel");
  }
  return {};
}

/// The sum of a mean is kept in 32 bits.
Expected<void> check_sum(const TensorType &input, const TensorType &output) {
  const std::int64_t most = input.element == ElementType::kInt8 ? 1 << 22 : 1 << 14;
  return element_count(input.shape) / element_count(output.shape) <= most
             ? Expected<void>{}
             : invalid("sums more elements than 32 bits can hold");
}

/// Weights with one scale for all; every product of scales in range.
Expected<void> check_svdf_scales(const Node &node, const std::vector<TensorType> &inputs,
                                 const TensorType &output) {
  const double state = double_attribute(node, "state_scale", 1);
  for (const std::size_t weights : {std::size_t{1}, std::size_t{2}}) {
    if (auto checked = check_symmetric(*inputs[weights].quantization); !checked) {
      return checked;
    }
  }
  return check_ratio(std::max(largest_scale(inputs[0]) * largest_scale(inputs[1]) / state,
                              state * largest_scale(inputs[2]) / largest_scale(output)));
}

Expected<void> check_lstm_scales(const std::vector<TensorType> &inputs, const TensorType &output) {
  const double data = std::max(largest_scale(inputs[0]), largest_scale(output));
  for (std::size_t weights = 1; weights <= 8; ++weights) {
    if (auto checked = check_symmetric(*inputs[weights].quantization); !checked) {
      return checked;
    }
    if (data * largest_scale(inputs[weights]) * 4096 >= 127) {
      return invalid("has scales too far apart for integer arithmetic");
    }
  }
  return check_ratio(1 / (largest_scale(output) * 32768));
}

/// What int16 arithmetic asks for beyond int8's: sums of 48 bits are multiplied by less than 2^7,
/// the tables of sigmoid, tanh and softmax have fixed outputs.
Expected<void> check_int16(const Node &node, const std::vector<TensorType> &inputs,
                           const TensorType &output) {
  const double in = largest_scale(inputs[0]);
  const auto fixed_output = [&](double largest_in) {
    return in < largest_in && output.quantization->scales[0] == 1.0F / 32768
               ? Expected<void>{}
               : invalid("needs output scale 1/32768 and an input scale below " +
                         std::to_string(largest_in));
  };
  switch (node.op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
  case Op::kFullyConnected:
  case Op::kMatMul:
    return in * largest_scale(inputs[1]) / largest_scale(output) < 127
               ? Expected<void>{}
               : invalid("has scales too far apart for int16 arithmetic");
  case Op::kSigmoid:
  case Op::kTanh:
    return fixed_output(2.6);
  case Op::kSoftmax:
    return inputs[0].shape.back() <= 1 << 16 ? fixed_output(4.9 / double_attribute(node, "beta", 1))
                                             : invalid("has rows too long for int16 arithmetic");
  default:
    return {};
  }
}

/// Only for nodes whose tensors are all quantised.
Expected<void> check_scales(const Node &node, const std::vector<TensorType> &inputs,
                            const TensorType &output) {
  const double out = largest_scale(output);
  switch (node.op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
  case Op::kTransposeConv2d:
  case Op::kFullyConnected:
    if (auto checked = check_weights(node, *inputs[1].quantization); !checked) {
      return checked;
    }
    [[fallthrough]];
  case Op::kMul:
  case Op::kMatMul:
    return check_ratio(largest_scale(inputs[0]) * largest_scale(inputs[1]) / out);
  case Op::kAdd:
  case Op::kSub:
    return check_ratio(std::max(largest_scale(inputs[0]), largest_scale(inputs[1])) / out);
  case Op::kMean:
    if (auto checked = check_sum(inputs[0], output); !checked) {
      return checked;
    }
    [[fallthrough]];
  case Op::kRequantize:
    return check_ratio(largest_scale(inputs[0]) / out);
  case Op::kBinary: {
    // Squares are rescaled by squares; what only compares or picks has no multiplier.
    if (!std::all_of(inputs.begin(), inputs.end(),
                     [](const TensorType &input) { return input.quantization.has_value(); })) {
      return invalid("mixes quantised and plain numbers");
    }
    const double larger = std::max(largest_scale(inputs[0]), largest_scale(inputs[1]));
    const bool squares = text_attribute(node, "function", "") == "squared_difference";
    return check_ratio((squares ? 4 * larger * larger
                                : std::max(largest_scale(inputs[0]),
                                           largest_scale(inputs[0]) * largest_scale(inputs[1]))) /
                       out);
  }
  case Op::kReduce:
    if (!inputs[0].quantization) {
      return invalid("mixes quantised and plain numbers");
    }
    if (auto checked = check_sum(inputs[0], output); !checked) {
      return checked;
    }
    return check_ratio(largest_scale(inputs[0]) / out);
  case Op::kDiv:
    return check_ratio(largest_scale(inputs[0]) / (largest_scale(inputs[1]) * out));
  case Op::kSvdf:
    return check_svdf_scales(node, inputs, output);
  case Op::kLstm:
    return check_lstm_scales(inputs, output);
  case Op::kConcat:
    for (const TensorType &input : inputs) {
      if (input.quantization != output.quantization) {
        return invalid("joins tensors of different quantisations");
      }
    }
    return {};
  case Op::kSoftmax: {
    if (output.element == ElementType::kInt16) {
      return {};
    }
    // Differences are scaled to 26 fraction bits, by a factor of at least one.
    const double step = largest_scale(inputs[0]) * double_attribute(node, "beta", 1);
    const bool fits = step * (1 << 26) > 1 && output.quantization->scales[0] == 1.0F / 256 &&
                      output.quantization->zero_points[0] == -128;
    return fits ? Expected<void>{}
                : invalid(
                      "needs output scale 1/256, zero point -128 and an input scale above 2^-26");
  }
  default:
    return {};
  }
}

Expected<void> check_node_types(const Graph &graph, const Node &node) {
  std::vector<TensorType> inputs;
  for (const ValueId id : node.inputs) {
    inputs.push_back(graph.values[id].type);
  }
  const std::size_t outputs = operator_info(node.op).outputs;
  if (node.outputs.size() != outputs) {
    return invalid("has " + std::to_string(node.outputs.size()) + " outputs, not " +
                   std::to_string(outputs));
  }
  const TensorType &declared = graph.values[node.outputs[0]].type;
  const auto inferred = infer_type({node, inputs, &declared});
  if (!inferred) {
    return Failure{inferred.error()};
  }
  if (inferred->element != declared.element || inferred->shape != declared.shape) {
    return invalid("makes " + type_text(*inferred) + " but its output is declared as " +
                   type_text(declared));
  }
  if (outputs > 1 && graph.values[node.outputs[1]].type != infer_second_type(*inferred)) {
    return invalid("makes " + type_text(infer_second_type(*inferred)) +
                   " but its second output is declared as " +
                   type_text(graph.values[node.outputs[1]].type));
  }
  if ((inferred->element == ElementType::kInt8 || inferred->element == ElementType::kInt16) &&
      inferred->quantization != declared.quantization) {
    return invalid("must keep the quantisation of its input");
  }
  if (takes_plain_integers(node, inputs)) {
    if (!declared.quantization) {
      return {};
    }
    if (declared.element == ElementType::kInt8 && declared.quantization->axis >= 0) {
      return invalid("makes a tensor with more than one scale");
    }
  } else if (auto checked = check_int8(inputs, declared); !checked) {
    return checked;
  }
  const bool is_int16 = declared.element == ElementType::kInt16;
  if ((declared.element != ElementType::kInt8 && !is_int16) || node.op == Op::kQuantize) {
    return {};
  }
  if (is_int16) {
    if (auto checked = check_int16(node, inputs, declared); !checked) {
      return checked;
    }
  }
  return check_scales(node, inputs, declared);
}

/// Each variable is written once in a run, by an update that names it first, and what the update
/// leaves is read by the next run only: so any order of nodes in which all readers come before the
/// writer computes the same.
class VariableRules {
public:
  explicit VariableRules(const Graph &graph)
      : graph_(graph), written_(graph.values.size(), false) {}

  Expected<void> check(const Node &node) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      if (written_[id]) {
        return invalid("reads " + named(graph_, id) + " after it was updated");
      }
      if (i < updated_inputs(node.op) && !graph_.values[id].variable) {
        return invalid("updates " + named(graph_, id) + ", which is no variable");
      }
    }
    for (std::size_t i = 0; i < updated_inputs(node.op); ++i) {
      written_[node.inputs[i]] = true;
    }
    if (is_update(node.op)) {
      written_[node.outputs[0]] = true;
    }
    return {};
  }

private:
  const Graph &graph_;
  std::vector<bool> written_;
};

Expected<void> check_variables(const Graph &graph) {
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    const Value &value = graph.values[id];
    if (value.variable && (!value.constant || value.type.element != ElementType::kFloat32)) {
      return invalid(named(graph, id) + " is a variable without float32 content");
    }
  }
  VariableRules rules(graph);
  for (const Node &node : graph.nodes) {
    if (const auto checked = rules.check(node); !checked) {
      return fail(checked.error().code, describe(node) + ": " + checked.error().message);
    }
  }
  return {};
}

Expected<void> check_node(const Graph &graph, const Node &node, std::vector<bool> &defined) {
  if (auto used = check_uses(graph, defined, node.inputs, describe(node)); !used) {
    return used;
  }
  for (const ValueId output : node.outputs) {
    if (auto added = define(graph, defined, output); !added) {
      return added;
    }
  }
  if (const auto typed = check_node_types(graph, node); !typed) {
    return fail(typed.error().code, describe(node) + ": " + typed.error().message);
  }
  return {};
}

} // namespace

bool takes_plain_integers(const Node &node, const std::vector<TensorType> &inputs) {
  switch (node.op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
  case Op::kTransposeConv2d:
  case Op::kFullyConnected:
  case Op::kMatMul:
  case Op::kAveragePool2d:
  case Op::kMean:
  case Op::kRelu:
  case Op::kClip:
  case Op::kSigmoid:
  case Op::kTanh:
  case Op::kSoftmax:
  case Op::kBatchNorm:
  case Op::kQuantize:
  case Op::kDequantize:
  case Op::kRequantize:
  case Op::kUnary:
  case Op::kLookup:
  case Op::kSvdf:
  case Op::kLstm:
  case Op::kConv2dInputGradient:
  case Op::kConv2dFilterGradient:
  case Op::kDepthwiseConv2dInputGradient:
  case Op::kDepthwiseConv2dFilterGradient:
  case Op::kFullyConnectedInputGradient:
  case Op::kFullyConnectedFilterGradient:
  case Op::kMaxPool2dGradient:
  case Op::kAveragePool2dGradient:
    return false;
  case Op::kSoftmaxCrossEntropy: // labels are plain integers
  case Op::kSoftmaxCrossEntropyGradient:
  case Op::kSgd:
  case Op::kMomentum:
  case Op::kAdam:
  case Op::kConv2dFilterSgd:
  case Op::kDepthwiseConv2dFilterSgd:
  case Op::kFullyConnectedFilterSgd:
  case Op::kConv2dMaxPool:
  case Op::kPooledConv2dInputGradient:
  case Op::kPooledConv2dFilterGradient:
  case Op::kPooledConv2dFilterSgd:
    return true;
  case Op::kAdd:
  case Op::kSub:
  case Op::kMul:
  case Op::kDiv:
    return std::none_of(inputs.begin(), inputs.end(), [](const TensorType &input) {
      return input.quantization || input.element == ElementType::kInt8;
    });
  case Op::kMaxPool2d:
  case Op::kPad:
  case Op::kReshape:
  case Op::kTranspose:
  case Op::kConcat:
  case Op::kBinary:
  case Op::kSelect:
  case Op::kCast:
  case Op::kReduce:
  case Op::kArgReduce:
  case Op::kSlice:
  case Op::kGather:
  case Op::kGatherElements:
  case Op::kGatherNd:
  case Op::kScatterElements:
  case Op::kScatterNd:
  case Op::kTile:
  case Op::kResize:
    break;
  }
  return true;
}

Expected<void> verify(const Graph &graph) {
  if (auto checked = check_values(graph); !checked) {
    return checked;
  }
  std::vector<bool> defined(graph.values.size(), false);
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    defined[id] = graph.values[id].constant.has_value();
  }
  for (const ValueId input : graph.inputs) {
    if (auto added = define(graph, defined, input); !added) {
      return added;
    }
  }
  for (const Node &node : graph.nodes) {
    if (auto checked = check_node(graph, node, defined); !checked) {
      return checked;
    }
  }
  if (graph.outputs.empty()) {
    return invalid("the graph has no outputs");
  }
  if (auto checked = check_variables(graph); !checked) {
    return checked;
  }
  return check_uses(graph, defined, graph.outputs, "the graph's output");
}

} // namespace tinyml::ir
