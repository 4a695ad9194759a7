// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/liveness.hpp"

#include "compiler/ir/types.hpp"
#include "compiler/plan/kernel_facts.hpp"

#include <algorithm>

namespace tinyml::plan {
namespace {

class BufferFinder {
public:
  BufferFinder(const ir::Graph &graph, const kernels::isa::Packing &packing) : graph_(graph) {
    buffers_.packing = packing;
    buffers_.of_value.resize(graph.values.size());
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
    const auto source = shares_storage(node) ? buffers_.of_value[node.inputs[0]] : std::nullopt;
    for (const ir::ValueId output : node.outputs) {
      if (source) {
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
  Buffers buffers_;
};

} // namespace

Buffers find_buffers(const ir::Graph &graph, const kernels::isa::Packing &packing) {
  return BufferFinder(graph, packing).run();
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
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const auto input = buffers.of_value[node.inputs[i]];
    if (!input) {
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
