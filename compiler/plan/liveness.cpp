// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/liveness.hpp"

#include "compiler/ir/attributes.hpp"
#include "compiler/ir/edit.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/ir/variables.hpp"
#include "compiler/plan/kernel_facts.hpp"

#include <algorithm>

namespace tinyml::plan {
namespace {

class BufferFinder {
public:
  BufferFinder(const ir::Graph &graph, const kernels::isa::Packing &packing)
      : graph_(graph), part_of_(graph.values.size()) {
    buffers_.packing = packing;
    buffers_.of_value.resize(graph.values.size());
    buffers_.start_bytes.resize(graph.values.size());
  }

  void join_parts() {
    for (const ir::Node &node : graph_.nodes) {
      if (is_joinable(graph_, node,
                      static_cast<std::uint32_t>(buffers_.packing.tensor_alignment))) {
        std::uint32_t start = 0;
        for (const ir::ValueId part : node.inputs) {
          part_of_[part] = node.outputs[0];
          buffers_.start_bytes[part] = start;
          start += static_cast<std::uint32_t>(ir::byte_size(graph_.values[part].type));
        }
      }
    }
  }

  Buffers run() {
    for (const ir::ValueId input : graph_.inputs) {
      add_new(input);
    }
    for (const ir::Node &node : graph_.nodes) {
      add_outputs(node);
    }
    for (const ir::ValueId output : graph_.outputs) {
      if (const auto buffer = buffers_.of_value[output]) {
        buffers_.list[*buffer].is_graph_output = true;
      }
    }
    return std::move(buffers_);
  }

private:
  void add_outputs(const ir::Node &node) {
    if (ir::is_update(node.op)) {
      return; // what it gives is its variable
    }
    const auto source = shares_storage(node) ? buffers_.of_value[node.inputs[0]] : std::nullopt;
    for (const ir::ValueId output : node.outputs) {
      if (part_of_[output]) {
        add_new(*part_of_[output]);
        buffers_.of_value[output] = buffers_.of_value[*part_of_[output]];
        buffers_.list[*buffers_.of_value[output]].values.push_back(output);
      } else if (source) {
        buffers_.list[*source].values.push_back(output);
        buffers_.of_value[output] = source;
      } else {
        add_new(output);
      }
    }
  }

  void add_new(ir::ValueId value) {
    if (buffers_.of_value[value] || graph_.values[value].constant) {
      return;
    }
    const ir::TensorType &type = graph_.values[value].type;
    buffers_.of_value[value] = static_cast<std::uint32_t>(buffers_.list.size());
    buffers_.list.push_back({{value},
                             static_cast<std::uint32_t>(ir::byte_size(type)),
                             static_cast<std::uint32_t>(ir::element_size(type.element)),
                             false});
  }

  const ir::Graph &graph_;
  std::vector<std::optional<ir::ValueId>> part_of_; ///< by value: the concat's output around it
  Buffers buffers_;
};

/// All axes before the concat's own have one element.
bool is_outermost(const ir::Node &node, const ir::Shape &out) {
  const auto axis = static_cast<std::ptrdiff_t>(ir::int_attribute(node, "axis", 0));
  return std::all_of(out.begin(), out.begin() + axis, [](std::int64_t dim) { return dim == 1; });
}

} // namespace

Buffers find_buffers(const ir::Graph &graph, const kernels::isa::Packing &packing, bool join) {
  BufferFinder finder(graph, packing);
  if (join) {
    finder.join_parts();
  }
  return finder.run();
}

bool is_joinable(const ir::Graph &graph, const ir::Node &node, std::uint32_t alignment) {
  if (node.op != ir::Op::kConcat || !is_outermost(node, graph.values[node.outputs[0]].type.shape)) {
    return false;
  }
  const auto uses = ir::count_uses(graph);
  const auto producers = ir::find_producers(graph);
  std::size_t start = 0;
  return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId part) {
    const bool aligned = start % alignment == 0;
    start += ir::byte_size(graph.values[part].type);
    return aligned && uses[part] == 1 && producers[part] != ir::kNoNode &&
           !shares_storage(graph.nodes[producers[part]]) &&
           graph.nodes[producers[part]].op != ir::Op::kConcat;
  });
}

std::vector<Lifetime> find_lifetimes(const ir::Graph &graph, const Buffers &buffers,
                                     std::span<const ir::NodeId> order) {
  std::vector<std::optional<Lifetime>> found(buffers.list.size());
  const auto extend = [&](ir::ValueId value, std::uint32_t step) {
    if (const auto buffer = buffers.of_value[value]) {
      auto &lifetime = found[*buffer];
      lifetime = lifetime ? Lifetime{lifetime->first, step} : Lifetime{step, step};
    }
  };
  for (const ir::ValueId input : graph.inputs) {
    extend(input, 0);
  }
  for (std::uint32_t step = 0; step < order.size(); ++step) {
    const ir::Node &node = graph.nodes[order[step]];
    for (const ir::ValueId value : node.inputs) {
      extend(value, step);
    }
    for (const ir::ValueId value : node.outputs) {
      extend(value, step);
    }
  }
  const auto last_step = static_cast<std::uint32_t>(order.empty() ? 0 : order.size() - 1);
  std::vector<Lifetime> lifetimes;
  for (std::size_t i = 0; i < found.size(); ++i) {
    Lifetime lifetime = found[i].value_or(Lifetime{});
    lifetime.last = buffers.list[i].is_graph_output ? last_step : lifetime.last;
    lifetimes.push_back(lifetime);
  }
  return lifetimes;
}

std::vector<Overlap> find_overlaps(const ir::Graph &graph, const Buffers &buffers,
                                   ir::NodeId node_id) {
  const ir::Node &node = graph.nodes[node_id];
  std::vector<Overlap> overlaps;
  std::vector<std::uint32_t> forbidden;
  if (node.outputs.size() != 1 || shares_storage(node) || !buffers.of_value[node.outputs[0]]) {
    return overlaps;
  }
  const std::uint32_t output = *buffers.of_value[node.outputs[0]];
  if (buffers.list[output].size_bytes != ir::byte_size(graph.values[node.outputs[0]].type)) {
    return overlaps; // the rest of what it is joined to must stay
  }
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const auto input = buffers.of_value[node.inputs[i]];
    if (!input || *input == output) {
      continue;
    }
    const auto lead = overlap_lead_bytes(graph, node, i, buffers.packing);
    if (!lead || *lead >= buffers.list[output].size_bytes) {
      forbidden.push_back(*input);
      continue;
    }
    overlaps.push_back({output, *input,
                        static_cast<std::uint32_t>(std::max<std::int64_t>(0, *lead)),
                        works_by_lines(graph, node, buffers.packing)});
  }
  // An input that is read twice may only be overlaid as far as both readings allow.
  std::erase_if(overlaps, [&](const Overlap &overlap) {
    return std::count(forbidden.begin(), forbidden.end(), overlap.input) > 0;
  });
  return overlaps;
}

} // namespace tinyml::plan
