// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/plan.hpp"

#include "compiler/ir/operators.hpp"
#include "compiler/ir/types.hpp"

#include <iomanip>
#include <sstream>

namespace tinyml::plan {
namespace {

void print_summary(std::ostream &out, const MemoryPlan &plan) {
  out << "arena " << plan.arena_bytes << " bytes";
  if (plan.arena_bytes == plan.lower_bound_bytes) {
    out << " (the least possible)";
  } else {
    out << " (" << (plan.optimal ? "optimal" : "best found") << "; lower bound "
        << plan.lower_bound_bytes << ")";
  }
  out << ", " << plan.peak_live_bytes << " if no two tensors could overlap\n";
  if (plan.state_bytes > 0) {
    out << "state " << plan.state_bytes << " bytes, kept between inferences\n";
  }
  if (plan.variable_bytes > 0) {
    out << "variables " << plan.variable_bytes << " bytes; with the arena "
        << std::uint64_t{plan.variable_bytes} + plan.arena_bytes << " bytes\n";
  }
}

std::string printable(const std::string &name) {
  std::string text;
  for (const char c : name) {
    text += c >= ' ' && c <= '~' ? c : '?';
  }
  return text;
}

void print_tensor(std::ostream &out, const ir::Graph &graph, std::size_t value,
                  const Placement &place) {
  out << std::setw(10) << place.offset_bytes << std::setw(10) << place.size_bytes << "  "
      << std::setw(4) << place.first_step << " -" << std::setw(4) << place.last_step << "  "
      << ir::type_text(graph.values[value].type) << " " << printable(graph.values[value].name)
      << "\n";
}

} // namespace

std::string to_text(const ir::Graph &graph, const MemoryPlan &plan) {
  std::ostringstream out;
  print_summary(out, plan);
  out << "    offset      size  from - to    tensor\n";
  for (const ir::ValueId input : graph.inputs) {
    if (plan.placements[input]) {
      print_tensor(out, graph, input, *plan.placements[input]);
    }
  }
  for (std::size_t step = 0; step < plan.order.size(); ++step) {
    const ir::Node &node = graph.nodes[plan.order[step]];
    out << "step " << step << ": " << ir::op_name(node.op) << "\n";
    for (const ir::ValueId output : node.outputs) {
      if (plan.placements[output]) {
        print_tensor(out, graph, output, *plan.placements[output]);
      }
    }
    for (const Scratch &scratch : plan.scratch) {
      if (scratch.node == plan.order[step]) {
        out << std::setw(10) << scratch.offset_bytes << std::setw(10) << scratch.size_bytes
            << "  scratch\n";
      }
    }
  }
  return out.str();
}

} // namespace tinyml::plan
