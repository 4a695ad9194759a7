// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/infer.hpp"

/// Building and changing graphs. Nodes are appended in topological order; shapes are inferred.
namespace tinyml::ir {

using Attributes = std::map<std::string, Attribute>;

ValueId add_input(Graph &graph, std::string name, TensorType type);
ValueId add_constant(Graph &graph, std::string name, TensorType type, ConstantData data);
/// Memory that outlives a run; `content` at the start (docs/ir.md, "Variables").
ValueId add_variable(Graph &graph, std::string name, Shape shape, ConstantData content);
ValueId add_float_constant(Graph &graph, std::string name, Shape shape,
                           const std::vector<float> &elements);

struct NodeSpec {
  Op op;
  std::vector<ValueId> inputs;
  Attributes attributes = {};
  std::string name = {};        ///< the node's, for messages
  std::string output_name = {}; ///< the value's; the node's name when empty
  std::optional<TensorType> declared = {};
};

/// Appends the node to `nodes` and its output to the graph's values.
[[nodiscard]] Expected<ValueId> add_node_to(Graph &graph, std::vector<Node> &nodes, NodeSpec spec);
[[nodiscard]] Expected<ValueId> add_node(Graph &graph, NodeSpec spec);

/// "node 'conv7' (conv2d)"
[[nodiscard]] std::string describe(const Node &node);

/// How often a value is read by nodes or is a graph output.
[[nodiscard]] std::vector<std::size_t> count_uses(const Graph &graph);

/// Index of the node that makes each value; kNoNode for inputs and constants.
inline constexpr NodeId kNoNode = 0xFFFFFFFF;
[[nodiscard]] std::vector<NodeId> find_producers(const Graph &graph);

/// Removes nodes whose outputs nobody needs and constants nobody reads, and numbers the values as
/// docs/ir.md says: inputs, constants, node outputs. Graph inputs stay even when unused.
/// Returns, for every old value id, its new one (or kNoValue).
inline constexpr ValueId kNoValue = 0xFFFFFFFF;
std::vector<ValueId> remove_dead(Graph &graph);

/// Equal up to nothing: names, types, constants and numbering. Doubles compare by value.
[[nodiscard]] bool equal(const Graph &a, const Graph &b);

} // namespace tinyml::ir
