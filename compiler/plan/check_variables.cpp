// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/place_variables.hpp"

#include "compiler/ir/variables.hpp"

#include <algorithm>

namespace tinyml::plan {
namespace {

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

Expected<void> check_places(const ir::Graph &graph, const MemoryPlan &plan) {
  std::vector<std::size_t> places(graph.values.size(), 0);
  std::uint64_t end = 0;
  for (const VariablePlace &place : plan.variables) {
    if (place.value >= graph.values.size() || !graph.values[place.value].variable) {
      return invalid("the plan has a place for a variable that the graph does not have");
    }
    const std::string &name = graph.values[place.value].name;
    if (place.offset_bytes < end || place.offset_bytes % sizeof(float) != 0) {
      return invalid("the variable '" + name + "' lies over another one or is not aligned");
    }
    end = std::uint64_t{place.offset_bytes} + place.size_bytes;
    if (end > plan.variable_bytes ||
        place.size_bytes != stored_bytes(graph, place.value, place.storage)) {
      return invalid("the variable '" + name + "' has not the room that it needs");
    }
    ++places[place.value];
  }
  for (std::size_t value = 0; value < graph.values.size(); ++value) {
    if (places[value] != (graph.values[value].variable ? 1U : 0U)) {
      return invalid("the variable '" + graph.values[value].name + "' has no place, or several");
    }
  }
  return {};
}

/// Goes through the steps as the device does. A variable that was written, and what the update
/// gave, is for the next run.
Expected<void> check_writes(const ir::Graph &graph, const MemoryPlan &plan) {
  std::vector<bool> written(graph.values.size(), false);
  for (std::size_t step = 0; step < plan.order.size(); ++step) {
    const ir::Node &node = graph.nodes[plan.order[step]];
    for (const ir::ValueId input : node.inputs) {
      if (written[input]) {
        return invalid("the plan reads '" + graph.values[input].name + "' after it was updated");
      }
    }
    if (ir::is_update(node.op) && step < plan.output_steps) {
      return invalid("the plan updates '" + graph.values[node.inputs[0]].name +
                     "' before the outputs are there");
    }
    for (std::size_t i = 0; i < ir::updated_inputs(node.op); ++i) {
      written[node.inputs[i]] = true;
      written[node.outputs[0]] = true;
    }
  }
  return {};
}

/// The first steps alone must give the outputs.
Expected<void> check_outputs(const ir::Graph &graph, const MemoryPlan &plan) {
  std::vector<bool> made(graph.values.size(), false);
  for (const ir::ValueId input : graph.inputs) {
    made[input] = true;
  }
  for (std::size_t step = 0; step < std::min<std::size_t>(plan.output_steps, plan.order.size());
       ++step) {
    for (const ir::ValueId output : graph.nodes[plan.order[step]].outputs) {
      made[output] = true;
    }
  }
  for (const ir::ValueId output : graph.outputs) {
    if (!made[output] && !graph.values[output].constant) {
      return invalid("the plan's first " + std::to_string(plan.output_steps) +
                     " steps do not compute '" + graph.values[output].name + "'");
    }
  }
  return {};
}

} // namespace

Expected<void> check_variables(const ir::Graph &graph, const MemoryPlan &plan) {
  for (const auto check : {check_places, check_writes, check_outputs}) {
    if (auto checked = check(graph, plan); !checked) {
      return checked;
    }
  }
  return {};
}

} // namespace tinyml::plan
