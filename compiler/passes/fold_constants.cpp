// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/evaluate.hpp"
#include "compiler/passes/passes.hpp"
#include "compiler/passes/rewriter.hpp"

namespace tinyml::passes {
namespace {

/// Hostile models can ask for large results from small constants; beyond this they stay nodes.
constexpr std::size_t kMaxFoldedBytes = std::size_t{64} << 20;
constexpr std::size_t kAlwaysFoldedBytes = std::size_t{1} << 20;

/// What a pass may read and write: a few times the constants that are there.
std::size_t folding_budget(const ir::Graph &graph) {
  std::size_t bytes = 0;
  for (const ir::Value &value : graph.values) {
    bytes += value.constant ? value.constant->size() : 0;
  }
  return std::min(kMaxFoldedBytes, kAlwaysFoldedBytes + 4 * bytes);
}

} // namespace

Expected<void> fold_constants(ir::Graph &graph) {
  std::size_t budget = folding_budget(graph);
  Rewriter rewriter(graph);
  return rewriter.run([&](const ir::Node &node) {
    const std::size_t cost = interpret::evaluation_bytes(rewriter.graph(), node);
    if (!interpret::is_cheap(node.op) || cost > budget) {
      return false;
    }
    auto data = interpret::evaluate(rewriter.graph(), node);
    if (!data) {
      return false;
    }
    budget -= cost;
    ir::Value folded = rewriter.value(node.outputs[0]); // a copy: adding a value moves the others
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
