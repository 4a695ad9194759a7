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

[[nodiscard]] std::vector<ir::NodeId> own_order(const ir::Graph &graph);

/// A topological order with the lowest peak of live_bytes_by_step. Exact while the number of sets
/// of executed nodes stays small (chains and a few branches); otherwise, and when nothing is
/// gained, the graph's own order.
[[nodiscard]] std::vector<ir::NodeId> find_order(const ir::Graph &graph, const Buffers &buffers,
                                                 bool overlap);

} // namespace tinyml::plan
