// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"
#include "kernels/isa/packing.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// Which storage a graph needs and when. Steps index the operator order that was asked about.
namespace tinyml::plan {

/// One piece of storage: a value, and all values that reshape it or are joined to it.
struct Buffer {
  std::vector<ir::ValueId> values;
  std::uint32_t size_bytes = 0;
  std::uint32_t element_bytes = 1;
  bool is_graph_output = false;
};

/// The storage of a graph, whatever the order of its operators.
struct Buffers {
  std::vector<Buffer> list;
  /// By ValueId; absent for constants and for values nobody computes or uses.
  std::vector<std::optional<std::uint32_t>> of_value;
  /// By ValueId: where in its buffer the value starts; 0 but for what a concat joins.
  std::vector<std::uint32_t> start_bytes;
  /// Of the kernel set that will run the graph: what may overlap depends on it.
  kernels::isa::Packing packing{};
};

/// `join`: what is_joinable says, the concat's inputs lie inside its output and nothing is copied.
[[nodiscard]] Buffers find_buffers(const ir::Graph &graph, const kernels::isa::Packing &packing,
                                   bool join = false);

/// A concat whose inputs lie one behind the other in its output, at multiples of the alignment, and
/// are computed for nothing else.
[[nodiscard]] bool is_joinable(const ir::Graph &graph, const ir::Node &node,
                               std::uint32_t alignment);

/// Steps [first, last] in which a buffer must keep its content.
struct Lifetime {
  std::uint32_t first = 0;
  std::uint32_t last = 0;

  [[nodiscard]] bool meets(const Lifetime &other) const {
    return first <= other.last && other.first <= last;
  }
};

/// By index into Buffers::list.
[[nodiscard]] std::vector<Lifetime> find_lifetimes(const ir::Graph &graph, const Buffers &buffers,
                                                   std::span<const ir::NodeId> order);

/// The output of one node over one of its inputs: see kernel_facts.hpp.
struct Overlap {
  std::uint32_t output = 0; ///< buffer
  std::uint32_t input = 0;  ///< buffer
  std::uint32_t lead_bytes = 0;
  bool only_in_place = false; ///< at the input's own offset or apart
};

/// What node `node` permits for those of its inputs that are computed; whether such an input dies
/// with the node is for the caller to check. At most one entry a pair of buffers.
[[nodiscard]] std::vector<Overlap> find_overlaps(const ir::Graph &graph, const Buffers &buffers,
                                                 ir::NodeId node);

} // namespace tinyml::plan
