// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/place_variables.hpp"

#include "compiler/ir/types.hpp"

#include <algorithm>
#include <limits>

namespace tinyml::plan {
namespace {

Expected<std::vector<VariableWish>> all_wishes(const ir::Graph &graph,
                                               const std::vector<VariableWish> &first) {
  std::vector<bool> named(graph.values.size(), false);
  std::vector<VariableWish> all;
  for (const VariableWish &wish : first) {
    if (wish.value >= graph.values.size() || !graph.values[wish.value].variable ||
        named[wish.value]) {
      return fail(ErrorCode::kInvalidInput,
                  "what shall lie first must be variables of the graph, each named once");
    }
    named[wish.value] = true;
    all.push_back(wish);
  }
  for (ir::ValueId value = 0; value < graph.values.size(); ++value) {
    if (graph.values[value].variable && !named[value]) {
      all.push_back({value, VariableStorage::kFloat32});
    }
  }
  return all;
}

} // namespace

std::uint64_t stored_bytes(const ir::Graph &graph, ir::ValueId variable, VariableStorage storage) {
  const std::uint64_t bytes = ir::byte_size(graph.values[variable].type);
  return storage == VariableStorage::kFloat16 ? bytes / 2 : bytes;
}

Expected<void> place_variables(const ir::Graph &graph, const PlanOptions &options,
                               std::uint32_t alignment, MemoryPlan &plan) {
  const auto wishes = all_wishes(graph, options.first_variables);
  if (!wishes) {
    return Failure{wishes.error()};
  }
  const std::uint64_t step = std::max<std::uint32_t>(alignment, sizeof(float));
  std::uint64_t total = 0;
  for (const VariableWish &wish : *wishes) {
    const std::uint64_t size = stored_bytes(graph, wish.value, wish.storage);
    plan.variables.push_back({wish.value, wish.storage, static_cast<std::uint32_t>(total),
                              static_cast<std::uint32_t>(size)});
    total = (total + size + step - 1) / step * step;
    if (total > std::numeric_limits<std::uint32_t>::max()) {
      return fail(ErrorCode::kDoesNotFit, "the variables need more than 4 GB");
    }
    if (plan.variables.size() == options.first_variables.size()) {
      plan.first_variable_bytes = static_cast<std::uint32_t>(total);
    }
  }
  plan.variable_bytes = static_cast<std::uint32_t>(total);
  return {};
}

} // namespace tinyml::plan
