// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/interpreter.hpp"
#include "compiler/passes/passes.hpp"
#include "compiler/passes/rewriter.hpp"

#include <algorithm>

namespace tinyml::passes {
namespace {

/// Hostile models can ask for large results from small constants; beyond this they stay nodes.
constexpr std::size_t kMaxFoldedBytes = std::size_t{64} << 20;

/// Operators whose time is proportional to the size of their result.
bool is_cheap(ir::Op op) {
  switch (op) {
  case ir::Op::kConv2d:
  case ir::Op::kDepthwiseConv2d:
  case ir::Op::kFullyConnected:
  case ir::Op::kTransposeConv2d:
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

/// The node alone, as a graph whose inputs are constants.
ir::Graph single_node_graph(const Rewriter &rewriter, const ir::Node &node) {
  ir::Graph graph;
  ir::Node copy = node;
  for (ir::ValueId &input : copy.inputs) {
    graph.values.push_back(rewriter.value(input));
    input = static_cast<ir::ValueId>(graph.values.size() - 1);
  }
  graph.values.push_back(rewriter.value(node.outputs[0]));
  copy.outputs = {static_cast<ir::ValueId>(graph.values.size() - 1)};
  graph.outputs = copy.outputs;
  graph.nodes.push_back(std::move(copy));
  return graph;
}

std::optional<ir::ConstantData> evaluate(const ir::Graph &graph) {
  auto interpreter = interpret::Interpreter::prepare(graph);
  if (!interpreter || !interpreter->run({})) {
    return std::nullopt; // what cannot be computed here stays a node; nothing is lost
  }
  const ByteView result = interpreter->output(0);
  return ir::ConstantData(result.begin(), result.end());
}

} // namespace

Expected<void> fold_constants(ir::Graph &graph) {
  Rewriter rewriter(graph);
  std::size_t budget = kMaxFoldedBytes;
  return rewriter.run([&](const ir::Node &node) {
    const bool constant = std::all_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId id) {
      return rewriter.value(id).constant.has_value();
    });
    const ir::Value &output = rewriter.value(node.outputs[0]);
    std::size_t cost = ir::byte_size(output.type);
    for (const ir::ValueId input : node.inputs) {
      cost += ir::byte_size(rewriter.value(input).type);
    }
    if (!constant || !is_cheap(node.op) || cost > budget) {
      return false;
    }
    budget -= cost;
    auto data = evaluate(single_node_graph(rewriter, node));
    if (!data) {
      return false;
    }
    ir::Value folded = output; // a copy: adding a value moves the others
    if (node.op == ir::Op::kTranspose && !folded.type.quantization) {
      folded.type.quantization = transposed(rewriter.value(node.inputs[0]).type.quantization,
                                            ir::ints_attribute(node, "permutation", {}));
    }
    const ir::ValueId id = rewriter.constant(folded.name, {}, {0});
    rewriter.graph().values[id].type = folded.type;
    rewriter.graph().values[id].constant = std::move(*data);
    rewriter.replace(node, id);
    return true;
  });
}

} // namespace tinyml::passes
