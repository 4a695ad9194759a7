// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/contributions.hpp"

#include "compiler/quantize/codes.hpp"
#include "compiler/quantize/constants.hpp"
#include "compiler/quantize/forms.hpp"
#include "compiler/quantize/report.hpp"

#include <algorithm>

namespace tinyml::quantize {
namespace {

using ir::ElementType;
using Tensors = std::vector<std::vector<float>>;

/// The numbers of a constant after they were integers.
void round_weights(ir::Value &weights, const ir::Quantization &q) {
  ir::Graph scratch;
  const ir::ValueId id = add_weights(scratch, weights, q);
  const auto codes = ir::elements_of<std::int8_t>(scratch.values[id]);
  const ir::Shape &shape = weights.type.shape;
  std::size_t inner = 1;
  for (std::size_t i = static_cast<std::size_t>(q.axis + 1); q.axis >= 0 && i < shape.size(); ++i) {
    inner *= static_cast<std::size_t>(shape[i]);
  }
  std::vector<float> numbers(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    numbers[i] = q.scales[i / inner % q.scales.size()] * static_cast<float>(codes[i]);
  }
  weights.constant = ir::constant_data(numbers);
}

/// Runs the float graph from one node on, with everything before it as it was.
class Experiment {
public:
  Experiment(const ir::Graph &graph, const Assignment &assignment, const QuantizeOptions &options)
      : graph_(graph), assigned_(assignment), options_(options) {}

  /// The graph with this node's weights rounded; the other nodes are the same.
  [[nodiscard]] ir::Graph with_rounded_weights(const ir::Node &node) const {
    ir::Graph changed = graph_;
    const int axis = weight_axis(node.op, options_.per_channel_fully_connected);
    const ir::Value &weights = graph_.values[node.inputs[1]];
    const ir::Value *bias = node.inputs.size() > 2 ? &graph_.values[node.inputs[2]] : nullptr;
    const float input_scale = assigned_.of[node.inputs[0]]->scales[0];
    round_weights(changed.values[node.inputs[1]],
                  weight_quantization(node, weights, bias, axis, input_scale));
    return changed;
  }

  /// The graph with the node's output rounded: quantize and dequantize stand behind it.
  [[nodiscard]] Expected<void> round_output(ir::Graph &graph, std::size_t index) const {
    const ir::ValueId y = graph.nodes[index].outputs[0];
    const ir::Value value = graph.values[y];
    const ir::TensorType integers{assigned_.element, value.type.shape, assigned_.of[y]};
    std::vector<ir::Node> added;
    const auto codes =
        ir::add_node_to(graph, added, {ir::Op::kQuantize, {y}, {}, "codes", "codes", integers});
    if (!codes) {
      return Failure{codes.error()};
    }
    const ir::TensorType real{ElementType::kFloat32, value.type.shape, {}};
    const auto rounded =
        ir::add_node_to(graph, added, {ir::Op::kDequantize, {*codes}, {}, "real", "real", real});
    if (!rounded) {
      return Failure{rounded.error()};
    }
    for (std::size_t i = index + 1; i < graph.nodes.size(); ++i) {
      std::replace(graph.nodes[i].inputs.begin(), graph.nodes[i].inputs.end(), y, *rounded);
    }
    std::replace(graph.outputs.begin(), graph.outputs.end(), y, *rounded);
    const auto behind = graph.nodes.begin() + static_cast<std::ptrdiff_t>(index) + 1;
    graph.nodes.insert(behind, added.begin(), added.end());
    return {};
  }

  [[nodiscard]] Expected<ir::Graph> quantize_alone(std::size_t index) const {
    const ir::Node &node = graph_.nodes[index];
    const bool weighted = node.inputs.size() > 1 && weights_are_constant(node);
    ir::Graph changed = weighted ? with_rounded_weights(node) : graph_;
    const auto rounded = round_output(changed, index);
    return rounded ? Expected<ir::Graph>(std::move(changed)) : Failure{rounded.error()};
  }

private:
  [[nodiscard]] bool weights_are_constant(const ir::Node &node) const {
    switch (node.op) {
    case ir::Op::kConv2d:
    case ir::Op::kDepthwiseConv2d:
    case ir::Op::kFullyConnected:
      return graph_.values[node.inputs[1]].constant.has_value();
    default:
      return false;
    }
  }

  const ir::Graph &graph_;
  const Assignment &assigned_;
  const QuantizeOptions &options_;
};

/// All outputs of all samples, one series per output.
Expected<Tensors> outputs_of(const ir::Graph &graph, const CalibrationSamples &samples,
                             std::size_t count) {
  auto interpreter = interpret::Interpreter::prepare(graph);
  auto feeder = SampleFeeder::prepare(graph, samples);
  if (!interpreter || !feeder) {
    return Failure{interpreter ? feeder.error() : interpreter.error()};
  }
  Tensors outputs(graph.outputs.size());
  for (std::size_t sample = 0; sample < count; ++sample) {
    if (const auto ran = feeder->run(*interpreter, sample, {}); !ran) {
      return Failure{ran.error()};
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto numbers = decode(graph.values[graph.outputs[i]].type, interpreter->output(i));
      outputs[i].insert(outputs[i].end(), numbers.begin(), numbers.end());
    }
  }
  return outputs;
}

/// Of the worst output.
double relative_noise(const Tensors &expected, const Tensors &actual) {
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    Difference difference;
    difference.add(expected[i], actual[i]);
    worst = std::max(worst, difference.signal > 0 ? difference.noise / difference.signal : 0);
  }
  return worst;
}

} // namespace

Expected<std::vector<double>> measure_contributions(const ir::Graph &graph,
                                                    const Assignment &assignment,
                                                    const std::vector<ElementType> &forms,
                                                    const CalibrationSamples &samples,
                                                    const QuantizeOptions &options) {
  const std::size_t count = std::min(options.contribution_samples, samples.count);
  const auto expected = outputs_of(graph, samples, count);
  if (!expected) {
    return Failure{expected.error()};
  }
  const Experiment experiment(graph, assignment, options);
  std::vector<double> noise(graph.nodes.size(), 0);
  for (std::size_t i = 0; i < noise.size(); ++i) {
    const bool integer = forms[i] == assignment.element;
    const bool real = graph.values[graph.nodes[i].outputs[0]].type.element == ElementType::kFloat32;
    if (!integer || !real || only_moves(graph.nodes[i].op)) {
      continue;
    }
    const auto changed = experiment.quantize_alone(i);
    const auto actual = changed ? outputs_of(*changed, samples, count)
                                : Expected<Tensors>(Failure{changed.error()});
    if (!actual) {
      return Failure{actual.error()};
    }
    noise[i] = relative_noise(*expected, *actual);
  }
  return noise;
}

} // namespace tinyml::quantize
