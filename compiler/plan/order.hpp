// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/plan/liveness.hpp"

namespace tinyml::plan {

/// Fewest bytes that must be alive at each step of `order`: inputs, outputs and what waits for
/// later steps, less what overlaps may save when `overlap` is set.
[[nodiscard]] std::vector<std::uint64_t> live_bytes_by_step(const ir::Graph &graph,
                                                            const Buffers &buffers,
                                                            std::span<const ir::NodeId> order,
                                                            bool overlap);

/// The graph's own order; where variables are written, what serves the outputs first (see
/// precedence.hpp).
[[nodiscard]] std::vector<ir::NodeId> own_order(const ir::Graph &graph);

/// What serves the outputs in the graph's own order, then always the operator that leaves the
/// fewest bytes alive: updates run as soon as they may.
[[nodiscard]] std::vector<ir::NodeId> greedy_order(const ir::Graph &graph, const Buffers &buffers);

/// A topological order with the lowest peak of live_bytes_by_step. Exact while the number of sets
/// of executed nodes stays small (chains and a few branches); otherwise the
/// graph's own or, where variables are written, greedy_order.
[[nodiscard]] std::vector<ir::NodeId> find_order(const ir::Graph &graph, const Buffers &buffers,
                                                 bool overlap);

} // namespace tinyml::plan
