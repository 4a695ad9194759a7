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

/// The arena itself starts at a multiple of this, or of the tensors' alignment where that is more.
inline constexpr std::uint32_t kArenaAlignment = 16;
/// The largest alignment a tensor can be given: a line of the largest caches and vectors.
inline constexpr std::uint32_t kMaxTensorAlignment = 64;

/// How a variable's elements are stored; in the graph they are float32.
enum class VariableStorage : std::uint8_t { kFloat32, kFloat16 };

/// A variable that is to lie at a certain place among its like.
struct VariableWish {
  ir::ValueId value = 0;
  VariableStorage storage = VariableStorage::kFloat32;
};

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
  /// Variables that lie first and in this order (what a module loads and reads as its flat model);
  /// all others follow in the graph's order, as float32.
  std::vector<VariableWish> first_variables = {};
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

/// A variable, in memory of its own beside the arena: it outlives runs. What an update gives is the
/// variable itself, so the update's output has no other place.
struct VariablePlace {
  ir::ValueId value = 0;
  VariableStorage storage = VariableStorage::kFloat32;
  std::uint32_t offset_bytes = 0; ///< from the start of the module's variables
  std::uint32_t size_bytes = 0;
};

struct MemoryPlan {
  std::string isa;               ///< PlanOptions::isa
  std::vector<ir::NodeId> order; ///< a topological order of all nodes
  /// By ValueId; absent for constants and for values nobody computes or uses.
  std::vector<std::optional<Placement>> placements;
  std::vector<Scratch> scratch;
  std::vector<StatePlace> states; ///< in the order of nodes, then of ir::state_of
  std::uint32_t state_bytes = 0;
  std::vector<VariablePlace> variables; ///< one behind the other
  std::uint32_t variable_bytes = 0;
  std::uint32_t first_variable_bytes = 0; ///< of those in PlanOptions::first_variables
  /// So many steps of `order` compute the graph's outputs, and write no variable.
  std::uint32_t output_steps = 0;
  std::uint32_t alignment_bytes = kArenaAlignment; ///< of the arena and of the variables
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
