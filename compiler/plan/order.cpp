// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/order.hpp"

#include "compiler/plan/precedence.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace tinyml::plan {
namespace {

constexpr std::size_t kMaxNodes = 64; // a set of executed nodes is one word
constexpr std::size_t kMaxSets = 20'000;

/// What the overlaps of a step can save at most: an output that lies over an input in[lead...].
std::uint64_t possible_saving(const Buffers &buffers, const std::vector<Overlap> &overlaps,
                              const auto &dies) {
  std::uint64_t saving = 0;
  std::uint64_t output_bytes = 0;
  for (const Overlap &overlap : overlaps) {
    if (dies(overlap.input)) {
      const std::uint64_t in = buffers.list[overlap.input].size_bytes;
      const std::uint64_t out = buffers.list[overlap.output].size_bytes;
      output_bytes = out;
      saving += in + out - std::max(in + overlap.lead_bytes, out);
    }
  }
  return std::min(saving, output_bytes);
}

/// Finds the order that minimises the largest step by dynamic programming over the sets of executed
/// nodes, as in "hierarchical memory-constrained operator scheduling" (Ahn et al., 2020).
class OrderSearch {
public:
  OrderSearch(const ir::Graph &graph, const Buffers &buffers, bool overlap)
      : graph_(graph), buffers_(buffers) {
    users_.resize(buffers.list.size());
    makers_.resize(buffers.list.size());
    needs_.resize(graph.nodes.size());
    overlaps_.resize(graph.nodes.size());
    const auto predecessors = find_predecessors(graph);
    for (ir::NodeId node = 0; node < graph.nodes.size(); ++node) {
      record(node, overlap);
      for (const ir::NodeId before : predecessors[node]) {
        needs_[node] |= bit(before);
      }
    }
  }

  /// Absent when there are too many sets.
  std::optional<std::vector<ir::NodeId>> run() {
    std::map<std::uint64_t, Reached> level = {{0, {0, {}}}};
    std::size_t visited = 0;
    for (std::size_t step = 0; step < graph_.nodes.size(); ++step) {
      std::map<std::uint64_t, Reached> next;
      for (const auto &[executed, reached] : level) {
        extend(executed, reached, next);
      }
      visited += next.size();
      if (visited > kMaxSets) {
        return std::nullopt;
      }
      level = std::move(next);
    }
    return level.begin()->second.order;
  }

private:
  struct Reached {
    std::uint64_t peak_bytes;
    std::vector<ir::NodeId> order;
  };

  static std::uint64_t bit(ir::NodeId node) { return std::uint64_t{1} << node; }

  void record(ir::NodeId node, bool overlap) {
    for (const ir::ValueId value : graph_.nodes[node].inputs) {
      if (const auto buffer = buffers_.of_value[value]) {
        users_[*buffer] |= bit(node);
      }
    }
    for (const ir::ValueId value : graph_.nodes[node].outputs) {
      maker_of_value_[value] = node;
      if (const auto buffer = buffers_.of_value[value]) {
        makers_[*buffer] |= bit(node);
      }
    }
    if (overlap) {
      overlaps_[node] = find_overlaps(graph_, buffers_, node);
    }
  }

  void extend(std::uint64_t executed, const Reached &reached,
              std::map<std::uint64_t, Reached> &next) const {
    for (ir::NodeId node = 0; node < graph_.nodes.size(); ++node) {
      if ((executed & bit(node)) != 0 || (needs_[node] & ~executed) != 0) {
        continue;
      }
      const std::uint64_t peak = std::max(reached.peak_bytes, bytes_during(executed, node));
      const auto found = next.find(executed | bit(node));
      if (found == next.end() || peak < found->second.peak_bytes) {
        std::vector<ir::NodeId> order = reached.order;
        order.push_back(node);
        next[executed | bit(node)] = {peak, std::move(order)};
      }
    }
  }

  [[nodiscard]] std::uint64_t bytes_during(std::uint64_t executed, ir::NodeId node) const {
    const std::uint64_t after = executed | bit(node);
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < buffers_.list.size(); ++i) {
      const bool made = is_input(i) || (makers_[i] & after) != 0;
      const bool wanted = buffers_.list[i].is_graph_output || (users_[i] & ~executed) != 0 ||
                          (makers_[i] & bit(node)) != 0;
      bytes += made && wanted ? buffers_.list[i].size_bytes : 0;
    }
    const auto dies = [&](std::uint32_t buffer) {
      return !buffers_.list[buffer].is_graph_output && (users_[buffer] & ~after) == 0;
    };
    return bytes - possible_saving(buffers_, overlaps_[node], dies);
  }

  /// A graph input that is reshaped has makers (the reshapes), but exists from the start.
  [[nodiscard]] bool is_input(std::size_t buffer) const {
    return !maker_of_value_.contains(buffers_.list[buffer].values.front());
  }

  const ir::Graph &graph_;
  const Buffers &buffers_;
  std::vector<std::uint64_t> users_;
  std::vector<std::uint64_t> makers_;
  std::vector<std::uint64_t> needs_;
  std::vector<std::vector<Overlap>> overlaps_;
  std::map<ir::ValueId, ir::NodeId> maker_of_value_;
};

std::uint64_t peak_of(const ir::Graph &graph, const Buffers &buffers,
                      const std::vector<ir::NodeId> &order, bool overlap) {
  const auto bytes = live_bytes_by_step(graph, buffers, order, overlap);
  return bytes.empty() ? 0 : *std::max_element(bytes.begin(), bytes.end());
}

} // namespace

std::vector<std::uint64_t> live_bytes_by_step(const ir::Graph &graph, const Buffers &buffers,
                                              std::span<const ir::NodeId> order, bool overlap) {
  const std::vector<Lifetime> lifetimes = find_lifetimes(graph, buffers, order);
  std::vector<std::uint64_t> bytes(std::max<std::size_t>(order.size(), 1));
  for (std::size_t i = 0; i < lifetimes.size(); ++i) {
    for (std::uint32_t step = lifetimes[i].first; step <= lifetimes[i].last; ++step) {
      bytes[step] += buffers.list[i].size_bytes;
    }
  }
  for (std::uint32_t step = 0; overlap && step < order.size(); ++step) {
    const auto dies = [&](std::uint32_t buffer) {
      return !buffers.list[buffer].is_graph_output && lifetimes[buffer].last == step;
    };
    bytes[step] -= possible_saving(buffers, find_overlaps(graph, buffers, order[step]), dies);
  }
  return bytes;
}

std::vector<ir::NodeId> own_order(const ir::Graph &graph) {
  std::vector<ir::NodeId> order(graph.nodes.size());
  std::iota(order.begin(), order.end(), 0U);
  const std::vector<bool> serves_output = find_output_nodes(graph);
  std::stable_partition(order.begin(), order.end(),
                        [&](ir::NodeId node) { return serves_output[node]; });
  return order;
}

std::vector<ir::NodeId> find_order(const ir::Graph &graph, const Buffers &buffers, bool overlap) {
  std::vector<ir::NodeId> best = own_order(graph);
  const auto consider = [&](std::vector<ir::NodeId> other) {
    if (peak_of(graph, buffers, other, overlap) < peak_of(graph, buffers, best, overlap)) {
      best = std::move(other);
    }
  };
  if (writes_variables(graph)) {
    consider(greedy_order(graph, buffers));
  }
  if (!graph.nodes.empty() && graph.nodes.size() <= kMaxNodes) {
    if (auto searched = OrderSearch(graph, buffers, overlap).run()) {
      consider(*std::move(searched));
    }
  }
  return best;
}

} // namespace tinyml::plan
