// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/passes.hpp"
#include "compiler/passes/rewriter.hpp"

namespace tinyml::passes {

Expected<void> make_fully_connected(ir::Graph &graph) {
  Rewriter rewriter(graph);
  return rewriter.run([&](const ir::Node &node) {
    if (node.op != ir::Op::kMatMul || !rewriter.is_float_constant(node.inputs[1]) ||
        rewriter.shape(node.inputs[1]).size() != 2) {
      return false;
    }
    const std::string name = rewriter.value(node.inputs[1]).name;
    const ir::ValueId weights = rewriter.transpose(node.inputs[1], {1, 0}, name);
    rewriter.replace(
        node, rewriter.emit(ir::Op::kFullyConnected, {node.inputs[0], weights}, {}, node.name));
    return true;
  });
}

Expected<void> normalize_softmax(ir::Graph &graph) {
  Rewriter rewriter(graph);
  return rewriter.run([&](const ir::Node &node) {
    if (node.op != ir::Op::kSoftmax) {
      return false;
    }
    const auto axis = ir::int_attribute(node, "axis", 0);
    const auto last = static_cast<std::int64_t>(rewriter.shape(node.inputs[0]).size()) - 1;
    if (axis == last) {
      return false;
    }
    std::vector<std::int64_t> swap;
    for (std::int64_t i = 0; i <= last; ++i) {
      swap.push_back(i == axis ? last : (i == last ? axis : i));
    }
    ir::Attributes attributes = node.attributes;
    attributes["axis"] = last;
    const ir::ValueId x = rewriter.transpose(node.inputs[0], swap, node.name);
    const ir::ValueId y = rewriter.emit(ir::Op::kSoftmax, {x}, attributes, node.name);
    rewriter.replace(node, rewriter.transpose(y, swap, node.name));
    return true;
  });
}

} // namespace tinyml::passes
