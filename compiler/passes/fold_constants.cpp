// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/evaluate.hpp"
#include "compiler/passes/passes.hpp"
#include "compiler/passes/rewriter.hpp"

namespace tinyml::passes {
namespace {

/// Hostile models can ask for large results from small constants; beyond this they stay nodes.
constexpr std::size_t kMaxFoldedBytes = std::size_t{64} << 20;

} // namespace

Expected<void> fold_constants(ir::Graph &graph) {
  Rewriter rewriter(graph);
  std::size_t budget = kMaxFoldedBytes;
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
