// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/ir/state.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Where every tensor of a module lies in its one arena, and in which order the operators run.
namespace tinyml::plan {

/// The arena itself starts at a multiple of this, so this is the largest alignment a tensor can
/// have.
inline constexpr std::uint32_t kArenaAlignment = 16;

struct PlanOptions {
  /// The kernel set that will run the graph (a folder of kernels/isa): what its kernels allow to
  /// overlap, and the working memory they need.
  std::string isa = "scalar";
  /// Offsets are multiples of this, of what the kernel set wants and of the element's own size.
  std::uint32_t tensor_alignment_bytes = 1;
  /// Let an operator's output lie over its dying input as far as the kernel's order of reads and
  /// writes allows (see kernel_facts.hpp). Off: only whole tensors with disjoint storage.
  bool overlap = true;
  /// Let operators write what a concat only joins into its output, where that needs no more memory.
  bool join = true;
  /// Search for the operator order with the lowest peak. Off: the graph's own order.
  bool reorder = true;
  /// How many partial placements the exact search may visit before the best one found is taken.
  std::uint32_t search_budget = 1'000'000;
  /// Plan the working memory of kernels. Off: tensors only, for comparisons.
  bool scratch = true;
};

/// Storage of one value. Values that share storage (a reshape and its input) have equal offsets;
/// what a concat joins lies inside its output and lives as long as that.
struct Placement {
  std::uint32_t offset_bytes = 0;
  std::uint32_t size_bytes = 0;
  /// Steps index MemoryPlan::order. Graph inputs are alive before step 0 (first_step = 0), graph
  /// outputs until the last one.
  std::uint32_t first_step = 0;
  std::uint32_t last_step = 0;
};

/// Working memory of one operator, free again after its step.
struct Scratch {
  ir::NodeId node = 0;
  std::uint32_t offset_bytes = 0;
  std::uint32_t size_bytes = 0;
};

/// One array that a node keeps between inferences, in memory of its own: the arena is free for
/// other use then.
struct StatePlace {
  ir::NodeId node = 0;
  std::uint32_t offset_bytes = 0; ///< from the start of the module's state
  std::uint32_t size_bytes = 0;
  ir::StatePart part;
};

struct MemoryPlan {
  std::string isa;               ///< PlanOptions::isa
  std::vector<ir::NodeId> order; ///< a topological order of all nodes
  /// By ValueId; absent for constants and for values nobody computes or uses.
  std::vector<std::optional<Placement>> placements;
  std::vector<Scratch> scratch;
  std::vector<StatePlace> states; ///< in the order of nodes, then of ir::state_of
  std::uint32_t state_bytes = 0;
  std::uint32_t arena_bytes = 0;
  /// No placement of this order can be smaller, given what the kernels allow.
  std::uint32_t lower_bound_bytes = 0;
  /// The largest sum of live tensors when no two may share a byte: what other planners reach at
  /// best.
  std::uint32_t peak_live_bytes = 0;
  bool joined = false;  ///< what concats join lies inside their outputs
  bool optimal = false; ///< proven: the lower bound is met or the search was exhaustive
};

/// Errors: kInvalidInput for a graph that is not in topological order or has an impossible shape,
/// kDoesNotFit for tensors of 4 GB and more.
[[nodiscard]] Expected<MemoryPlan> make_plan(const ir::Graph &graph,
                                             const PlanOptions &options = {});

/// Checks a plan against the graph from first principles (every pair of tensors, every step), not
/// by the planner's own bookkeeping. An error names the two values that collide.
[[nodiscard]] Expected<void> check_plan(const ir::Graph &graph, const MemoryPlan &plan);

/// A table for people: step, operator, the tensors alive and where they lie.
[[nodiscard]] std::string to_text(const ir::Graph &graph, const MemoryPlan &plan);

} // namespace tinyml::plan
