// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"

#include <vector>

/// What must run before what, beyond a graph's own edges, where variables are written.
namespace tinyml::plan {

/// Whether some operator is an update.
[[nodiscard]] bool writes_variables(const ir::Graph &graph);

/// By node: all nodes that must run before it. Makers of its inputs; for an update also the other
/// readers of its variables; in a graph with updates, what does not serve an output comes after all
/// that does, so that the outputs can be computed without the rest.
[[nodiscard]] std::vector<std::vector<ir::NodeId>> find_predecessors(const ir::Graph &graph);

/// Nodes that some graph output depends on. All of them in a graph without updates.
[[nodiscard]] std::vector<bool> find_output_nodes(const ir::Graph &graph);

} // namespace tinyml::plan
