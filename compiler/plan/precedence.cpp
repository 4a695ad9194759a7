// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/precedence.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/variables.hpp"

#include <algorithm>

namespace tinyml::plan {
namespace {

bool reads(const ir::Node &node, ir::ValueId value) {
  return std::find(node.inputs.begin(), node.inputs.end(), value) != node.inputs.end();
}

void add_readers(const ir::Graph &graph, ir::NodeId update, std::vector<ir::NodeId> &before) {
  for (std::size_t i = 0; i < ir::updated_inputs(graph.nodes[update].op); ++i) {
    for (ir::NodeId node = 0; node < graph.nodes.size(); ++node) {
      if (node != update && reads(graph.nodes[node], graph.nodes[update].inputs[i])) {
        before.push_back(node);
      }
    }
  }
}

void add_outputs(const std::vector<bool> &serves_output, std::vector<ir::NodeId> &before) {
  for (ir::NodeId node = 0; node < serves_output.size(); ++node) {
    if (serves_output[node]) {
      before.push_back(node);
    }
  }
}

} // namespace

bool writes_variables(const ir::Graph &graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [](const ir::Node &node) { return ir::is_update(node.op); });
}

std::vector<bool> find_output_nodes(const ir::Graph &graph) {
  if (!writes_variables(graph)) {
    return std::vector<bool>(graph.nodes.size(), true);
  }
  std::vector<bool> wanted(graph.values.size(), false);
  for (const ir::ValueId output : graph.outputs) {
    wanted[output] = true;
  }
  std::vector<bool> serves(graph.nodes.size(), false);
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const ir::Node &node = graph.nodes[i];
    serves[i] = std::any_of(node.outputs.begin(), node.outputs.end(),
                            [&](ir::ValueId id) { return wanted[id]; });
    for (const ir::ValueId input : node.inputs) {
      wanted[input] = wanted[input] || serves[i];
    }
  }
  return serves;
}

std::vector<std::vector<ir::NodeId>> find_predecessors(const ir::Graph &graph) {
  const auto producers = ir::find_producers(graph);
  const std::vector<bool> serves_output = find_output_nodes(graph);
  std::vector<std::vector<ir::NodeId>> before(graph.nodes.size());
  for (ir::NodeId node = 0; node < graph.nodes.size(); ++node) {
    for (const ir::ValueId input : graph.nodes[node].inputs) {
      if (producers[input] != ir::kNoNode) {
        before[node].push_back(producers[input]);
      }
    }
    add_readers(graph, node, before[node]);
    if (!serves_output[node]) {
      add_outputs(serves_output, before[node]);
    }
    std::sort(before[node].begin(), before[node].end());
    before[node].erase(std::unique(before[node].begin(), before[node].end()), before[node].end());
  }
  return before;
}

} // namespace tinyml::plan
