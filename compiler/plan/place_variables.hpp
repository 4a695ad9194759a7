// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/plan/plan.hpp"

namespace tinyml::plan {

/// Bytes of a variable as stored.
[[nodiscard]] std::uint64_t stored_bytes(const ir::Graph &graph, ir::ValueId variable,
                                         VariableStorage storage);

/// Puts all variables one behind the other: nothing is gained by sharing, they live forever.
[[nodiscard]] Expected<void> place_variables(const ir::Graph &graph, const PlanOptions &options,
                                             std::uint32_t alignment, MemoryPlan &plan);

/// Holds a plan's variables against the graph: each has a place of its own, and is written when
/// nobody will read it any more in this run.
[[nodiscard]] Expected<void> check_variables(const ir::Graph &graph, const MemoryPlan &plan);

} // namespace tinyml::plan
