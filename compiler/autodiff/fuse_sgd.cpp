// SPDX-License-Identifier: Apache-2.0
#include "compiler/autodiff/fuse.hpp"

#include "compiler/ir/edit.hpp"

namespace tinyml::autodiff {
namespace {

using ir::Op;

/// What a gradient and the update by it become.
std::optional<Op> fused_update(Op gradient) {
  switch (gradient) {
  case Op::kConv2dFilterGradient:
    return Op::kConv2dFilterSgd;
  case Op::kDepthwiseConv2dFilterGradient:
    return Op::kDepthwiseConv2dFilterSgd;
  case Op::kFullyConnectedFilterGradient:
    return Op::kFullyConnectedFilterSgd;
  case Op::kPooledConv2dFilterGradient:
    return Op::kPooledConv2dFilterSgd;
  default:
    return std::nullopt;
  }
}

} // namespace

void fuse_sgd(ir::Graph &graph) {
  const auto producers = ir::find_producers(graph);
  const auto uses = ir::count_uses(graph);
  for (ir::Node &node : graph.nodes) {
    if (node.op != Op::kSgd || producers[node.inputs[1]] == ir::kNoNode ||
        uses[node.inputs[1]] != 1) {
      continue;
    }
    const ir::Node &gradient = graph.nodes[producers[node.inputs[1]]];
    const auto fused = fused_update(gradient.op);
    if (!fused) {
      continue;
    }
    std::vector<ir::ValueId> inputs = {node.inputs[0]};
    inputs.insert(inputs.end(), gradient.inputs.begin(), gradient.inputs.end());
    inputs.push_back(node.inputs[2]);
    node.op = *fused;
    node.inputs = std::move(inputs);
    node.attributes = gradient.attributes;
  }
}

} // namespace tinyml::autodiff
