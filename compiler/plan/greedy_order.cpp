// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/order.hpp"
#include "compiler/plan/precedence.hpp"

#include <algorithm>

namespace tinyml::plan {
namespace {

/// Runs operator after operator, and knows what each would add to the live bytes and take away.
class GreedyWalk {
public:
  GreedyWalk(const ir::Graph &graph, const Buffers &buffers)
      : graph_(graph), buffers_(buffers), before_(find_predecessors(graph)),
        serves_output_(find_output_nodes(graph)), done_(graph.nodes.size(), false),
        made_(buffers.list.size(), false), readers_(buffers.list.size(), 0) {
    for (const ir::Node &node : graph.nodes) {
      for (const std::uint32_t buffer : buffers_of(node.inputs)) {
        ++readers_[buffer];
      }
    }
  }

  std::vector<ir::NodeId> run() {
    std::vector<ir::NodeId> order;
    while (order.size() < graph_.nodes.size()) {
      const ir::NodeId node = pick();
      execute(node);
      order.push_back(node);
    }
    return order;
  }

private:
  /// Each buffer once.
  [[nodiscard]] std::vector<std::uint32_t>
  buffers_of(const std::vector<ir::ValueId> &values) const {
    std::vector<std::uint32_t> found;
    for (const ir::ValueId value : values) {
      const auto buffer = buffers_.of_value[value];
      if (buffer && std::find(found.begin(), found.end(), *buffer) == found.end()) {
        found.push_back(*buffer);
      }
    }
    return found;
  }

  [[nodiscard]] bool is_ready(ir::NodeId node) const {
    return !done_[node] && std::all_of(before_[node].begin(), before_[node].end(),
                                       [&](ir::NodeId other) { return done_[other]; });
  }

  [[nodiscard]] std::int64_t growth(ir::NodeId node) const {
    std::int64_t bytes = 0;
    for (const std::uint32_t buffer : buffers_of(graph_.nodes[node].outputs)) {
      bytes += made_[buffer] ? 0 : buffers_.list[buffer].size_bytes;
    }
    for (const std::uint32_t buffer : buffers_of(graph_.nodes[node].inputs)) {
      const bool dies = readers_[buffer] == 1 && !buffers_.list[buffer].is_graph_output;
      bytes -= dies ? buffers_.list[buffer].size_bytes : 0;
    }
    return bytes;
  }

  [[nodiscard]] ir::NodeId pick() const {
    ir::NodeId best = 0;
    std::int64_t least = INT64_MAX;
    for (ir::NodeId node = 0; node < graph_.nodes.size(); ++node) {
      if (!is_ready(node)) {
        continue;
      }
      if (serves_output_[node]) {
        return node;
      }
      if (const std::int64_t bytes = growth(node); bytes < least) {
        least = bytes;
        best = node;
      }
    }
    return best;
  }

  void execute(ir::NodeId node) {
    done_[node] = true;
    for (const std::uint32_t buffer : buffers_of(graph_.nodes[node].outputs)) {
      made_[buffer] = true;
    }
    for (const std::uint32_t buffer : buffers_of(graph_.nodes[node].inputs)) {
      --readers_[buffer];
    }
  }

  const ir::Graph &graph_;
  const Buffers &buffers_;
  std::vector<std::vector<ir::NodeId>> before_;
  std::vector<bool> serves_output_;
  std::vector<bool> done_;
  std::vector<bool> made_;
  std::vector<std::uint32_t> readers_; ///< by buffer: nodes that will still read it
};

} // namespace

std::vector<ir::NodeId> greedy_order(const ir::Graph &graph, const Buffers &buffers) {
  return GreedyWalk(graph, buffers).run();
}

} // namespace tinyml::plan
