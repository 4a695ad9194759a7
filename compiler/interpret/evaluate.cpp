// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/evaluate.hpp"

#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/types.hpp"

#include <algorithm>

namespace tinyml::interpret {
namespace {

/// The node alone, as a graph whose inputs are constants.
ir::Graph single_node_graph(const ir::Graph &from, const ir::Node &node) {
  ir::Graph graph;
  ir::Node copy = node;
  for (ir::ValueId &input : copy.inputs) {
    graph.values.push_back(from.values[input]);
    input = static_cast<ir::ValueId>(graph.values.size() - 1);
  }
  graph.values.push_back(from.values[node.outputs[0]]);
  copy.outputs = {static_cast<ir::ValueId>(graph.values.size() - 1)};
  graph.outputs = copy.outputs;
  graph.nodes.push_back(std::move(copy));
  return graph;
}

} // namespace

std::optional<ir::ConstantData> evaluate(const ir::Graph &graph, const ir::Node &node) {
  if (!std::all_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId id) {
        return graph.values[id].constant.has_value() && !graph.values[id].variable;
      })) {
    return std::nullopt;
  }
  const ir::Graph single = single_node_graph(graph, node);
  auto interpreter = Interpreter::prepare(single);
  if (!interpreter || !interpreter->run({})) {
    return std::nullopt; // what cannot be computed here stays a node; nothing is lost
  }
  const ByteView result = interpreter->output(0);
  return ir::ConstantData(result.begin(), result.end());
}

std::size_t evaluation_bytes(const ir::Graph &graph, const ir::Node &node) {
  std::size_t bytes = ir::byte_size(graph.values[node.outputs[0]].type);
  for (const ir::ValueId input : node.inputs) {
    bytes += ir::byte_size(graph.values[input].type);
  }
  return bytes;
}

bool is_cheap(ir::Op op) {
  switch (op) {
  case ir::Op::kConv2d:
  case ir::Op::kDepthwiseConv2d:
  case ir::Op::kTransposeConv2d:
  case ir::Op::kFullyConnected:
  case ir::Op::kMatMul:
  case ir::Op::kMaxPool2d:
  case ir::Op::kAveragePool2d:
  case ir::Op::kSvdf: // remembers: its result is not the same every time
  case ir::Op::kLstm:
    return false;
  default:
    return true;
  }
}

} // namespace tinyml::interpret
